/**
 * What whoever names a file may write into a name, a URL or a message, to do something to those who look at it. Each
 * has a mark of its own in it, so that a test can tell that it was there to be seen.
 */
export const HOSTILE_TEXTS = {
  'a tag that runs a script': '<img src=x onerror=alert("h1")>',
  'a script': '</script><script>alert("h2")</script>',
  'an attribute that ends early': 'x" onmouseover="alert(\'h3\')" autofocus onfocus="alert(1)',
  'a vector image that loads': '<svg onload=alert("h4")><use href=https://evil.example/h4#x>',
  'a frame': '<iframe srcdoc="<script>parent.alert(5)</script>">h5',
  'an address that is a script': 'javascript:alert("h6")',
  'a picture of elsewhere': '<img src=https://evil.example/h7.png>',
  'a style that loads': '<style>@import "https://evil.example/h8.css"</style>',
  'a template': '{{constructor.constructor("alert(9)")()}}#{alert(9)}h9',
  'a right-to-left override': 'h10-invoice\u202egpj.exe',
  'isolates that are not closed': '\u2066\u2067\u202bh11',
  'invisible characters': 'h12\u200b\u200d\ufeff\u00ad\u2060name',
  controls: 'h13\u0007\u001b]0;title\u0007\u001b[2J\u0008',
  'line breaks': 'h14\r\nSet-Cookie: a=b\u2028\u2029',
  'half a character': 'h15\ud800x\udc00',
  'letters on top of letters': `h16${'\u0301'.repeat(80)}`,
  'right to left': 'h17 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627',
  'a formula': "=cmd|'/c calc'!A1 h18",
  'an escape that looks like ours': 'h19\\u202e',
  'an entity': '&lt;b&gt;h20&#x3c;i&#x3e;',
  'tags of the tag block': `h21${String.fromCodePoint(0xe0041, 0xe0042)}`,
} as const

export const HOSTILE = Object.values(HOSTILE_TEXTS)

/** Of what stands on a page: nothing that cannot be seen, nothing that turns other text around. */
export const NEVER_SHOWN_RAW =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/

/** As long as a path can be, with folders that each are as long as a name can be. */
export function longestPath(units = 32_767): string {
  const folder = `${'long '.repeat(50)}h22\\`
  const folders = folder.repeat(Math.ceil(units / folder.length))
  return `C:\\${folders.slice(0, units - 11)}\\end.exe`
}
