/** A step that is taken when it is needed first. Whoever needs it later gets what became of it then. */
export function once<Result>(take: () => Promise<Result>): () => Promise<Result> {
  let taken: Promise<Result> | undefined;
  return () => {
    taken ??= take();
    return taken;
  };
}
