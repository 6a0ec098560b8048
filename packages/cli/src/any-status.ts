/** For programs whose exit status is an answer, whatever it is. */
export const ANY_STATUS: readonly number[] = Array.from({ length: 256 }, (_, status) => status);
