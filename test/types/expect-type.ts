type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `expectType<Expected>()(value, true)` compiles where the value has that very type. */
export function expectType<Expected>() {
  return <Actual>(_value: Actual, _same: Equal<Expected, Actual>): void => {};
}
