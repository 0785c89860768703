/** Into lines at white space, and a word that is longer than a line where the line ends. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s/).flatMap((one) => one.match(new RegExp(`.{1,${width}}`, 'g')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

const USUAL_WIDTH = 80;
/** Less has no room for words. */
const MIN_WIDTH = 20;

/** Characters in a line of a terminal. One that does not know says 0. */
export function widthOf({ columns }: { columns?: number | undefined }): number {
  return Math.max(MIN_WIDTH, columns || USUAL_WIDTH);
}
