/** What is printed by `console.error` meanwhile, instead of being printed. */
export async function printedErrors(act: () => unknown): Promise<string[]> {
  const { error } = console;
  const printed: string[] = [];
  console.error = (line: string) => printed.push(line);
  try {
    await act();
  } finally {
    console.error = error;
  }
  return printed;
}
