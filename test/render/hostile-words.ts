/**
 * Words that a hostile device, or a hostile file name, could put into the store: one table for every output.
 * Each was used somewhere against a terminal, a spreadsheet, a browser, a parser or a reader's eyes.
 */
export const HOSTILE_WORDS: readonly string[] = [
  // Terminals: ECMA-48 control sequences, OSC (title, clipboard, hyperlinks), DCS, 8-bit C1.
  '\u001b[31mred',
  '\u001b[2J\u001b[H',
  '\u001b]0;owned\u0007',
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\',
  '\u001bP$q"p\u001b\\',
  '\u001b[6n',
  '\u009b31mred',
  '\u009d0;owned\u009c',
  '\u0090q\u009c',
  '\u0085next line',
  'bell\u0007',
  'back\b\b\b\bspace',
  'delete\u007f',
  'nul\u0000inside',
  'carriage\rreturn',
  'line\nfeed',
  'crlf\r\nbaseline: forged line',
  'tab\tstop',
  'vertical\u000btab\u000cform',
  'shift\u000eout\u000f',
  // Eyes: direction, hidden and look-alike characters.
  '\u202Egnp.exe',
  '\u2066isolated\u2069',
  '\u200Bzero\u200Bwidth',
  'joi\u200Dner',
  '\uFEFFmark',
  'soft\u00ADhyphen',
  'line\u2028separator',
  'paragraph\u2029separator',
  'filler\u3164\u115F\uFFA0',
  'variation\uFE0F',
  'tags\u{E0041}\u{E0042}',
  'private\uE000use\u{F0000}',
  'lone\uD800surrogate',
  'lone\uDFFFtail',
  'nonchar\uFFFE\uFFFF',
  `zalgo${'\u0301'.repeat(200)}`,
  'arabic\u061Cmark',
  'braille\u2800blank',
  // Spreadsheets.
  '=cmd|\' /C calc\'!A0',
  '+1+1',
  '-2+3',
  '@SUM(1+1)',
  '  =1+1',
  '\t=1+1',
  '=HYPERLINK("http://evil.example","x")',
  '＝1+1',
  '%0A=1',
  '|calc',
  'quote"inside',
  'comma,inside',
  "'quoted",
  // Markdown, HTML, templates.
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '&lt;b&gt;',
  '](http://evil.example)',
  '![x](http://evil.example/x.png)',
  '| cell | breaker |',
  '`code`',
  '\\| escaped',
  'https://evil.example/path',
  'www.evil.example',
  '@everyone #1',
  '# heading',
  '- list',
  '**bold** __bold__ ~~gone~~',
  '$math$',
  '[[wiki]]',
  '{{template}} ${value} %s %n',
  // SQL, YAML, JSON, shells.
  "Robert'); DROP TABLE conversation;--",
  '!!js/function x',
  '*alias &anchor',
  '__proto__',
  'constructor',
  '{"json":"inside"}',
  '../../etc/passwd',
  '$(reboot)',
  '; reboot',
  '',
  ' ',
  'x'.repeat(5000),
  '\u{1F468}\u{200D}\u{1F469}',
  '漢字とかな',
  'naïve Ünïcode',
];

/** What may never reach a terminal, whatever the format: only our own line ends and, where asked for, our own bold. */
export const UNSAFE_OUTPUT =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Stores put these words into about ten places: each group is one store, and comes in two orders. */
const WORDS_A_STORE = 8;

export function hostileStores(): [string, string[]][] {
  const bounded = HOSTILE_WORDS.map((word) => word.slice(0, 256));
  const groups: [string, string[]][] = [];
  for (let from = 0; from < bounded.length; from += WORDS_A_STORE) {
    const group = bounded.slice(from, from + WORDS_A_STORE);
    groups.push([`${from} upwards`, group], [`${from} downwards`, group.toReversed()]);
  }
  return groups;
}
