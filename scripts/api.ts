import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClassDeclaration,
  type InterfaceDeclaration,
  type JSDoc,
  Node,
  Project,
  type Type,
  ts,
} from 'ts-morph';

// Writes docs/api.md from the declarations in dist/: each exported name with its signature and its TSDoc. A type without an
// exported name is written out where it is used. The argument, if there is one, is another file to write to.

type Members = ClassDeclaration | InterfaceDeclaration;

const root = join(__dirname, '..');
const { name: packageName, exports } = JSON.parse(read('package.json')) as {
  name: string;
  exports: Record<string, { types?: string }>;
};
const tsConfigFilePath = join(root, 'tsconfig.build.json');
const project = new Project({ tsConfigFilePath, skipAddingFilesFromTsConfig: true });
const entries = Object.entries(exports).flatMap(([path, { types }]) => {
  if (!types) return [];
  const exported = project.addSourceFileAtPath(join(root, types)).getExportedDeclarations();
  const all = [...exported].flatMap(([name, [node]]) => (node ? { name, node } : []));
  const sorted = all.sort(
    (a, b) => Number(isType(a.node)) - Number(isType(b.node)) || (a.name < b.name ? -1 : 1),
  );
  return { title: path.replace('.', packageName), exported: sorted };
});

/** The exported name of each declaration: the first one, where there are more. */
const names = new Map<Node, string>();
/** The anchor of each exported name. GitHub numbers the second of two that differ in their capitals alone. */
const anchors = new Map<string, string>();
for (const { name, node } of entries.flatMap(({ exported }) => exported)) {
  if (!names.has(node)) names.set(node, name);
  const anchor = anchorOf(name);
  if (!anchors.has(name)) anchors.set(name, [...anchors.values()].includes(anchor) ? `${anchor}-1` : anchor);
}
/** The name under which each member is described. */
const homes = new Map<Node, string>();
/** What the type parameters of a base class are in the class that is described. */
const bindings = new Map<Node, string>();

const shown = new Set<string>();
const page = [
  '# API',
  '[All pages](../README.md#pages)',
  `Every name that \`${packageName}\` exports, with its type and its description.`,
  ...entries.flatMap(({ title, exported }) => {
    const fresh = exported.filter(({ name }) => !shown.has(name));
    for (const { name } of fresh) shown.add(name);
    const list = (ofTypes: boolean) =>
      exported
        .filter(({ node }) => isType(node) === ofTypes)
        .map(({ name }) => linkTo(name))
        .join(', ');
    return [
      `## ${title}`,
      `Classes and functions: ${list(false)}`,
      `Types: ${list(true)}`,
      ...fresh.flatMap(sectionOf),
    ];
  }),
];
const text = withPages(`${page.filter(Boolean).join('\n\n')}\n`);
writeFileSync(process.argv[2] ?? join(root, 'docs/api.md'), text);

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function sectionOf({ name, node }: { name: string; node: Node }): string[] {
  const first = names.get(node) ?? name;
  if (first !== name) return [`### ${name}`, `The same as ${linkTo(first)}.`];
  if (!hasMembers(node)) return [`### ${name}`, ...blockOf(node), valuesOf(node)];
  const own: Node[] = [];
  const others = new Map<string, string[]>();
  for (const member of membersOf(node)) {
    const home = names.get(member.getParentOrThrow()) ?? homes.get(member) ?? name;
    homes.set(member, home);
    if (home === name) own.push(member);
    else others.set(home, [...(others.get(home) ?? []), labelOf(home, member)]);
  }
  const constructors = Node.isClassDeclaration(node) ? node.getConstructors() : [];
  return [
    `### ${name}`,
    ...blockOf(node),
    own
      .filter((member) => !isMethod(member))
      .map((member) => bullet(member))
      .join('\n'),
    ...[...others].map(([home, members]) => `Described in ${linkTo(home)}: ${members.join(', ')}.`),
    ...(constructors.length > 0 ? [`#### new ${name}()`, ...blockOf(...constructors)] : []),
    ...own.filter(isMethod).flatMap((member) => [`#### ${name}.${nameOf(member)}()`, ...blockOf(member)]),
  ];
}

function isType(node: Node): boolean {
  return !Node.isClassDeclaration(node) && !Node.isFunctionDeclaration(node);
}

/** The public members, inherited ones too, but for those of other packages. */
function membersOf(node: Members): Node[] {
  const own = node.getMembers().filter((member) => !isHidden(member));
  const bases = Node.isClassDeclaration(node) ? [node.getBaseClass()] : node.getBaseDeclarations();
  const inherited = bases.flatMap((base) => (isOurs(base) && hasMembers(base) ? membersOf(base) : []));
  const taken = own.map(nameOf);
  return [...own, ...inherited.filter((member) => !taken.includes(nameOf(member)))];
}

function hasMembers(node: Node | undefined): node is Members {
  return Node.isClassDeclaration(node) || Node.isInterfaceDeclaration(node);
}

function isOurs(node: Node | undefined): node is Node {
  return node?.getSourceFile().getFilePath().startsWith(join(root, 'dist')) ?? false;
}

function isHidden(member: Node): boolean {
  const isPrivate = Node.isModifierable(member) && member.hasModifier(ts.SyntaxKind.PrivateKeyword);
  return isPrivate || Node.isConstructorDeclaration(member) || nameOf(member).startsWith('#');
}

function isMethod(member: Node | undefined): boolean {
  return Node.isMethodSignature(member) || Node.isMethodDeclaration(member);
}

function nameOf(member: Node): string {
  if (Node.isIndexSignatureDeclaration(member)) return `[${member.getKeyName()}]`;
  return Node.hasName(member) ? member.getName() : '';
}

/** Signatures, and what they mean. Not tagged `ts`: blocks of that tag are compiled by a test of the pages. */
function blockOf(...nodes: Node[]): string[] {
  return [
    ['```typescript', ...nodes.map(signature), '```'].join('\n'),
    ...nodes.flatMap(docsOf).flatMap(describe),
  ];
}

/** A member, and below it the members of its own that have a comment. */
function bullet(member: Node, indent = ''): string {
  const text = docsOf(member).flatMap(describe).filter(Boolean).join(' ').replaceAll('\n', ' ');
  const type = Node.isPropertySignature(member) ? member.getTypeNode() : undefined;
  const parts = Node.isTypeLiteral(type) ? type.getMembers().filter((part) => docsOf(part).length > 0) : [];
  const line = `${indent}- \`${show(member).replace(/;$/, '')}\`: ${text}`;
  return [line, ...parts.map((part) => bullet(part, `${indent}  `))].join('\n');
}

/** What each value of a union means: the comments between them. */
function valuesOf(node: Node): string {
  const values = node.getText().matchAll(/\/\*\* ([^\n]*) \*\/\s*\|?\s*('[\w-]+')/g);
  return [...values].map(([, text, value]) => `- \`${value}\`: ${text}`).join('\n');
}

function docsOf(node: Node): JSDoc[] {
  return Node.isJSDocable(node) ? node.getJsDocs() : [];
}

function signature(node: Node): string {
  if (hasMembers(node)) return headOf(node);
  const source = show(node).replace(/^(export )?(declare )?/, '');
  // The name in the source may be another one than the exported one.
  const line = source.replace(/^type \w+/, `type ${names.get(node)}`).replace(/ = +(\| )?/, ' = ');
  if (line.length <= 110) return line;
  const [head = ''] = line.split(' = ');
  const type = Node.isTypeAliasDeclaration(node) ? node.getTypeNodeOrThrow() : node;
  if (Node.isUnionTypeNode(type)) return `${head} =\n  | ${type.getTypeNodes().map(show).join('\n  | ')};`;
  if (line.includes(') & (')) return line.replace(' = ', ' =\n  & ').replaceAll(') & (', ')\n  & (');
  const written = Node.isParametered(type) ? type.getParameters().map(show) : [];
  const [, params = written.join(', ')] = /^type .* = \(([^()]*)\) =>/.exec(line) ?? [];
  const lines = written.length > 0 ? written : params.split(', ');
  return line.replace(`(${params})`, `(${lines.map((param) => `\n  ${param},`).join('')}\n)`);
}

/** The name of a class or an interface, and what it extends. */
function headOf(node: Members): string {
  const kind = Node.isClassDeclaration(node) ? 'class' : 'interface';
  const generics = node.getTypeParameters().map(show).join(', ');
  const bases = basesOf(node).join(', ');
  return `${kind} ${names.get(node)}${generics && `<${generics}>`}${bases && ` extends ${bases}`}`;
}

/** A base without an exported name counts as what it extends itself. */
function basesOf(node: Members): string[] {
  const clauses = Node.isClassDeclaration(node) ? [node.getExtends()] : node.getExtends();
  return clauses.flatMap((clause) => {
    const base = clause && declarationOf(clause.getExpression());
    if (!clause || !isOurs(base) || names.has(base) || !hasMembers(base)) return clause ? show(clause) : [];
    base.getTypeParameters().forEach((parameter, index) => {
      bindings.set(parameter, clause.getTypeArguments().map(show)[index] ?? '');
    });
    return basesOf(base);
  });
}

/** The source without comments and on one line, with exported names alone. */
function show(node: Node): string {
  const text = renamed(node);
  if (text !== undefined) return text;
  const source = node.getSourceFile().getFullText();
  const between = (from: number, to: number) => source.slice(from, to).replace(/\/\*\*.*?\*\//gs, '');
  let shown = '';
  let at = node.getStart();
  for (const child of node.forEachChildAsArray().filter((child) => !Node.isJSDoc(child))) {
    shown += between(at, child.getStart()) + show(child);
    at = child.getEnd();
  }
  return (shown + between(at, node.getEnd()))
    .replace(/\s+/g, ' ')
    .replaceAll('; }', ' }')
    .replaceAll(' } & { ', '; ');
}

function renamed(node: Node): string | undefined {
  // What a function takes apart has a name for the reader.
  if (Node.isObjectBindingPattern(node)) return 'details';
  if (Node.isIndexedAccessTypeNode(node)) return textOf(node.getType(), node.getObjectTypeNode().getType());
  if (!Node.isTypeReference(node) && !Node.isExpressionWithTypeArguments(node)) return undefined;
  const declared = declarationOf(Node.isTypeReference(node) ? node.getTypeName() : node.getExpression());
  if (!isOurs(declared)) return undefined;
  const given = node.getTypeArguments().map(show).join(', ');
  if (names.has(declared)) return `${names.get(declared)}${given && `<${given}>`}`;
  if (Node.isTypeParameterDeclaration(declared)) return bindings.get(declared);
  if (hasMembers(declared)) return `{ ${membersOf(declared).map(show).join(' ')} }`.replaceAll('; }', ' }');
  return Node.isTypeAliasDeclaration(declared) && !given
    ? show(declared.getTypeNodeOrThrow())
    : textOf(node.getType());
}

function declarationOf(name: Node): Node | undefined {
  const symbol = name.getSymbol();
  return (symbol?.getAliasedSymbol() ?? symbol)?.getDeclarations()[0];
}

/** A type as the compiler works it out, or the elements of a tuple in their order. */
function textOf(type: Type, tuple?: Type): string {
  const parts = type.getIntersectionTypes().map((part) => `(${textOf(part)})`);
  if (parts.length > 0) return parts.join(' & ');
  const elements = tuple?.getTupleElements().map((element) => textOf(element)) ?? [];
  if (elements.length > 0) return elements.join(' | ');
  const { InTypeAlias, NoTruncation } = ts.TypeFormatFlags;
  const text = type.getText(undefined, InTypeAlias | NoTruncation);
  const [call] = type.getCallSignatures();
  const result = call && textOf(call.getReturnType());
  return (result ? text.replace(/=> [^=]*$/, `=> ${result}`) : text)
    .replace(/import\("[^"]+"\)\./g, '')
    .replaceAll('"', "'");
}

/** TSDoc as Markdown: the text, the parameters, what comes back, what is thrown. */
function describe(doc: JSDoc): string[] {
  const tags = doc.getTags().map((tag) => ({
    kind: tag.getTagName(),
    name: Node.isJSDocParameterTag(tag) ? `\`${tag.getName()}\`: ` : '',
    text: markdown(tag.getComment())
      .replace(/^- /, '')
      .replace(/^(\w+) - /, '`$1`: '),
  }));
  const list = (...kinds: string[]) =>
    tags
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ name, text }) => `- ${name}${text.replaceAll('\n', '\n  ')}`);
  const say = (kind: string, start: string) =>
    tags
      .filter((tag) => tag.kind === kind)
      .map(({ text }) => `${start}${text}${text.endsWith('.') || start === '' ? '' : '.'}`);
  return [
    markdown(doc.getComment()),
    list('typeParam', 'param').join('\n'),
    ...say('returns', 'Returns '),
    ...say('throws', 'Throws '),
    ...say('defaultValue', 'Default: '),
    ...say('example', ''),
  ];
}

/** The text of a comment, with its links to names. */
function markdown(comment: ReturnType<JSDoc['getComment']>): string {
  const parts = typeof comment === 'object' ? comment : [comment];
  const texts = parts.map((part) => {
    if (typeof part !== 'object') return part;
    return Node.isJSDocLink(part) ? linkOf(part) : part.compilerNode.text;
  });
  return texts.join('').replaceAll('```ts\n', '```typescript\n');
}

/** Makes links of what comments say of other pages: `docs/verify.md`, `protocol 4, 5`. */
function withPages(text: string): string {
  return text
    .replace(
      /\bdocs\/([\w-]+\.md)(#[\w-]+)?/g,
      (_, file, anchor = '') => `[${headingOf(file, '# ')}](${file}${anchor})`,
    )
    .replace(/\bprotocol \d+(, \d+)*/g, (all) => all.replace(/(protocol )?(\d+)/g, protocolLink));
}

function protocolLink(label: string, _: string, number: string): string {
  return `[${label}](protocol.md#${anchorOf(headingOf('protocol.md', `## ${number}. `))})`;
}

function headingOf(page: string, start: string): string {
  const line = read(`docs/${page}`)
    .split('\n')
    .find((line) => line.startsWith(start));
  if (!line) throw new Error(`docs/${page} has no heading that begins with ${start}`);
  return line.replace(/^#+ /, '');
}

/** A link in a comment, to an exported name or to a member of one. */
function linkOf(link: Node): string {
  const [first = '', member] = link.getText().slice('{@link '.length, -1).split('.');
  if (anchors.has(first)) return linkTo(first, member);
  const type = link.getFirstAncestor((node) => names.has(node));
  if (!type) throw new Error(`${link.getText()} leads to no exported name`);
  return linkTo(names.get(type) ?? '', first);
}

function linkTo(name: string, member?: string): string {
  const type = [...names.keys()].find((node) => names.get(node) === name);
  const found = hasMembers(type) ? membersOf(type).find((part) => nameOf(part) === member) : undefined;
  if (member && !found) throw new Error(`A comment links to ${name}.${member}, which there is not`);
  return isMethod(found) ? labelOf(name, found) : `[\`${member ?? name}\`](#${anchors.get(name)})`;
}

/** A member in a list. Only methods have headings of their own, to which it can link. */
function labelOf(name: string, member: Node | undefined): string {
  const label = member ? nameOf(member) : '';
  return isMethod(member) ? `[\`${label}()\`](#${anchorOf(`${name}${label}`)})` : `\`${label}\``;
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}
