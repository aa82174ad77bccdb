/**
 * A number above 0 that is divided by, as the devices hold it: below 2⁻¹²⁶ they may take it for 0, and 0/0 would be no number where
 * 0 divided by a small one is 0.
 */
export function guarded(x: number): number {
  return Math.max(x, 2 ** -126)
}
