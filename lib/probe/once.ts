/** A step that is taken when it is first needed. Later calls get the same result. */
export function once<Result>(take: () => Promise<Result>): () => Promise<Result> {
  let taken: Promise<Result> | undefined;
  return () => {
    taken ??= take();
    return taken;
  };
}
