/** `is<T>()(value)` compiles where value's type is exactly T. */
export const is =
  <Expected>() =>
  <Given>(_value: Given & (Same<Given, Expected> extends true ? unknown : never)): void => {};

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
