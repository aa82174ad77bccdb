/** A word of a shell command line, in quotation marks where the shell would not take it as it stands. */
export function shellWord(word: string): string {
  if (/^[\w./:@=-]+$/.test(word)) return word
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`
}
