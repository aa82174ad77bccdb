import { type Nesting, skipSpaces } from './latexSyntax.js'

export const sectioning: ReadonlySet<string> = new Set(
  'part chapter section subsection subsubsection paragraph subparagraph'.split(' '),
)

/** Commands that change how text looks; `true` for those that emphasise it. */
export const styles: ReadonlyMap<string, boolean> = new Map([
  ...'textbf textit emph underline uline textsc'.split(' ').map((name): [string, boolean] => [name, true]),
  ...'text textrm textsf texttt textup textnormal mbox fbox hbox boxed centerline bfseries itshape rmfamily bf it rm em tt normalfont tiny small footnotesize normalsize large Large LARGE huge Huge centering noindent indent raggedright protect xspace relax left right displaystyle'
    .split(' ')
    .map((name): [string, boolean] => [name, false]),
])

/** Commands that say nothing of the solution, with all their arguments. */
export const withArguments: ReadonlySet<string> = new Set(
  'label ref eqref pageref autoref cref Cref cite citep citet nocite caption includegraphics usepackage documentclass vspace hspace vskip hskip setlength addtolength setcounter addtocounter stepcounter bibliography bibliographystyle pagestyle thispagestyle pagenumbering color definecolor geometry hypersetup graphicspath rule fontsize title author date url tikz tikzset lstset captionsetup newpage clearpage maketitle tableofcontents bigskip medskip smallskip hfill vfill hrule hline selectlanguage setmainfont setdefaultlanguage bibitem newcounter newlength theoremstyle markright markboth fancyhead fancyfoot lhead chead rhead lfoot cfoot rfoot index phantom hphantom vphantom'.split(
    ' ',
  ),
)

/** Commands of whose arguments only the last is text. */
export const secondArgument: ReadonlySet<string> = new Set(
  'textcolor colorbox href parbox raisebox scalebox rotatebox fcolorbox'.split(' '),
)

/** Commands that read files, write them or run something, and what is done instead. */
export const unreadable: ReadonlyMap<string, string> = new Map([
  ...'input include subfile subfileinclude import subimport InputIfFileExists lstinputlisting verbatiminput inputminted includepdf'
    .split(' ')
    .map((name): [string, string] => [name, `\\${name} is not followed: no other file is read`]),
  ...'write immediate openin openout read readline directlua luaexec ShellEscape special catcode csname'
    .split(' ')
    .map((name): [string, string] => [name, `\\${name} is not executed: nothing in a document is`]),
])

export const spaces: ReadonlySet<string> = new Set([
  ...', ; : !'.split(' '),
  ' ',
  '\n',
  'quad',
  'qquad',
  'enspace',
  'thinspace',
])

/** Commands that stand for characters. */
export const letters: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{
      ss: 'ß',
      o: 'ø',
      O: 'Ø',
      ae: 'æ',
      AE: 'Æ',
      oe: 'œ',
      OE: 'Œ',
      aa: 'å',
      AA: 'Å',
      l: 'ł',
      L: 'Ł',
      dj: 'đ',
      DJ: 'Đ',
    },
    ...{ ldots: '…', dots: '…', textendash: '–', textemdash: '—', textquotesingle: "'", i: 'ı', j: 'ȷ' },
    ...{ textdegree: '°', textonehalf: '½', textpm: '±', texttimes: '×', textgreater: '>', textless: '<' },
  }),
)

const accents: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ "'": '\u0301', '`': '\u0300', '^': '\u0302', '"': '\u0308', '~': '\u0303', '=': '\u0304', '.': '\u0307' },
    ...{ c: '\u0327', v: '\u030c', u: '\u0306', H: '\u030b', r: '\u030a', k: '\u0328' },
  }),
)

/** An accented letter, `\"U` or `\v{c}`, and where it ends. */
export function accented(
  text: string,
  name: string,
  nameEnd: number,
  nesting: Nesting,
): { readonly letter: string; readonly end: number } | undefined {
  const accent = accents.get(name)
  if (accent === undefined) return undefined
  const argument = nesting.argumentAt(text, nameEnd)
  const start = argument?.start ?? skipSpaces(text, nameEnd)
  const letter = /^\\?(\p{L})/u.exec(text.slice(start, start + 3))
  if (letter === null) return undefined
  const end = argument === undefined ? start + letter[0].length : argument.end + 1
  return { letter: `${letter[1]}${accent}`.normalize('NFC'), end }
}
