/**
 * Finds content that a computer would run: by its first bytes, or as a script in its text. A stream is
 * no place for either; hiding them there is MITRE ATT&CK T1564.004.
 *
 * The patterns name *invocations*, not words: a download URL may well contain `powershell`.
 */

/** Scripts announce themselves early; a limit keeps a scan of large streams cheap. */
const TEXT_BYTES = 8 * 1024

/** The rules of verdict.ts that this file finds. */
export type ContentRule =
  | 'content-windows-program'
  | 'content-linux-program'
  | 'content-mac-program'
  | 'content-script'
  | 'content-shortcut'
  | 'content-help-file'
  | 'content-archive'
  | 'content-compound-file'

export interface Signature {
  readonly rule: ContentRule
  readonly bytes: readonly number[]
  /** Formats that data streams of known names may rightly hold count only under an unknown name. */
  readonly onlyUnknownNames: boolean
}

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0))

export const SIGNATURES: readonly Signature[] = [
  { rule: 'content-windows-program', bytes: ascii('MZ'), onlyUnknownNames: false },
  { rule: 'content-linux-program', bytes: [0x7f, ...ascii('ELF')], onlyUnknownNames: false },
  { rule: 'content-mac-program', bytes: [0xcf, 0xfa, 0xed, 0xfe], onlyUnknownNames: false },
  { rule: 'content-mac-program', bytes: [0xce, 0xfa, 0xed, 0xfe], onlyUnknownNames: false },
  { rule: 'content-mac-program', bytes: [0xca, 0xfe, 0xba, 0xbe], onlyUnknownNames: false },
  { rule: 'content-script', bytes: ascii('#!'), onlyUnknownNames: false },
  // Shortcut (MS-SHLLINK 2.1: header size, then the class id begins) and compiled help run commands.
  { rule: 'content-shortcut', bytes: [0x4c, 0, 0, 0, 1, 0x14, 2, 0], onlyUnknownNames: false },
  { rule: 'content-help-file', bytes: [...ascii('ITSF'), 3, 0, 0, 0], onlyUnknownNames: false },
  { rule: 'content-archive', bytes: [...ascii('PK'), 3, 4], onlyUnknownNames: true },
  {
    rule: 'content-archive',
    bytes: [...ascii('7z'), 0xbc, 0xaf, 0x27, 0x1c],
    onlyUnknownNames: true,
  },
  { rule: 'content-archive', bytes: [...ascii('Rar!'), 0x1a, 7], onlyUnknownNames: true },
  { rule: 'content-archive', bytes: [...ascii('MSCF'), 0, 0, 0, 0], onlyUnknownNames: true },
  // Installers (.msi) and old Office documents with their macros.
  {
    rule: 'content-compound-file',
    bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
    onlyUnknownNames: true,
  },
]

export const SCRIPTS: readonly RegExp[] = [
  /^\s*<\?(?:php|=)/i,
  /<script[\s>]/i,
  /<hta:application/i,
  /<(?:job|component|registration)\b[^>]*>[\s\S]*<\/?script/i,
  // Batch: only as the first command, where people put it.
  /^\s*@echo\s+off\b/i,
  /\b(?:powershell|pwsh)(?:\.exe)?["']?\s+(?:[-/][a-z]|["'&{$])/i,
  /\bcmd(?:\.exe)?["']?\s+\/[ckr]\b/i,
  /\b(?:wscript|cscript|mshta|rundll32|regsvr32|bitsadmin|certutil)(?:\.exe)?["']?\s+\S/i,
  /\b(?:wscript\.(?:shell|createobject|echo|sleep)|new\s+activexobject\s*\()/i,
  /\bcreateobject\s*\(\s*["']/i,
  /\b(?:invoke-expression|iex)\b\s*[($"'&]/i,
  /\bnew-object\s+(?:system\.)?net\.webclient/i,
  /\bfrombase64string\s*\(/i,
  /^\s*(?:\[cmdletbinding\(|param\s*\(\s*[[$])/i,
  /\bwrite-(?:host|output)\s+["'$]/i,
]

/** The rule that found something executable in the content (or its beginning), or null. */
export function executableContentRule(
  content: Uint8Array,
  hasKnownName: boolean,
): ContentRule | null {
  for (const signature of SIGNATURES) {
    if (hasKnownName && signature.onlyUnknownNames) continue
    if (signature.bytes.every((byte, i) => content[i] === byte)) return signature.rule
  }
  return isScript(content) ? 'content-script' : null
}

/** Whether text content reads as a script of any of the languages that Windows runs. */
function isScript(content: Uint8Array): boolean {
  const text = textOf(content.subarray(0, TEXT_BYTES))
  return text !== null && (/^\s*#!/.test(text) || SCRIPTS.some((pattern) => pattern.test(text)))
}

/** UTF-16 by its BOM or its zero bytes, else one unit a byte: the patterns are ASCII. Null: no text. */
function textOf(bytes: Uint8Array): string | null {
  const isUtf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] !== 0 && bytes[1] === 0 && bytes[3] === 0)
  if (isUtf16) return new TextDecoder('utf-16le').decode(bytes)
  // Binary content holds NULs; matching words in it would find them by chance.
  if (bytes.includes(0)) return null
  return new TextDecoder('utf-8').decode(bytes)
}
