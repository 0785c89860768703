/** Breaks a text into lines at white space. A word that is longer than a line is broken, too. */
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
/** A narrower line has no room for words. */
const MIN_WIDTH = 20;

/** How many characters a line of the terminal has. A terminal that does not know says 0. */
export function widthOf({ columns }: { columns?: number | undefined }): number {
  return Math.max(MIN_WIDTH, columns || USUAL_WIDTH);
}
