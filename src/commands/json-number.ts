/** A number of RFC 8259: sign, whole part, fraction, exponent. */
const number = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Fifteen decimal digits always survive the way into a double and back. */
const safeDigits = 15;

/**
 * Why a JSON number cannot be kept exactly as an IEEE 754 double, or undefined when it can: it is no number,
 * it is beyond ±(2^53 − 1), digits would get lost, or it is the negative zero, which RFC 8785 writes as 0.
 */
export function numberFault(token: string): string | undefined {
  if (token.length > 400) return 'is too long';
  const match = number.exec(token);
  if (!match) return 'is not a JSON number';
  const value = Number(token);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return 'is beyond ±(2^53 − 1) and cannot be kept exactly';
  if (Object.is(value, -0)) return 'is a negative zero, which cannot be kept; write 0';
  if (match[4] === undefined && token.length <= safeDigits) return undefined;
  return plain(match) === plain(number.exec(String(value))!)
    ? undefined
    : 'has more digits than can be kept exactly';
}

/** The decimal value in one form: digits without outer zeros and an exponent. */
function plain([, sign, whole, fraction = '', exponent = '0']: RegExpExecArray): string {
  const digits = (whole! + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
