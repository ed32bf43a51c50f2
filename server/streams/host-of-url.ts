/**
 * The host name of a HostUrl or ReferrerUrl, to search and group by: lower case, without credentials,
 * port and a trailing dot; international names in their `xn--` form. Null where there is none, which is
 * common: Windows writes `about:internet` for a private window or a URL that is too long, and archivers
 * write the local path of the archive as referrer. Never throws: the text is whatever somebody wrote.
 */
export function hostOfUrl(url: string | null): string | null {
  if (url === null) return null
  const parsed = URL.parse(url)
  if (parsed === null) return null
  const host = parsed.hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
  return host === '' ? null : host
}
