/** What stands around every page: where one can go, who one is, and whether what is shown is live. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { PermissionName } from '../../server/protocol/api/permission-table.ts'
import { api } from '../api.ts'
import { connectEvents, connection } from '../events.ts'
import { filesUrl } from '../model/file-places.ts'
import { endSession, isScoped, may, session } from '../session.ts'
import { nextTheme, theme } from '../theme.ts'
import { Status } from './bits.tsx'
import { CentralBanner } from './central-banner.tsx'
import { Name } from './name.tsx'
import { ScopeChip } from './scope-field.tsx'
import { sayError, Toasts } from './toasts.tsx'
import { Wordmark } from './wordmark.tsx'

type Page = readonly [
  href: string,
  label: string,
  needs: PermissionName,
  /** Nothing for who is for some machines only. */
  of?: 'all machines',
]

const PAGES: readonly Page[] = [
  ['/', 'Overview', 'inventory.read'],
  ['/streams', 'Streams', 'inventory.read'],
  ['/files', 'Files', 'inventory.read'],
  ['/live', 'Live queries', 'machines.ask'],
  ['/machines', 'Machines', 'inventory.read'],
  ['/orders', 'Orders', 'inventory.read'],
  ['/rules', 'Rules', 'inventory.read', 'all machines'],
  ['/audit', 'Audit', 'audit.read'],
  ['/users', 'Users', 'users.manage'],
  ['/settings', 'Settings', 'settings.manage'],
]

export function Shell({ children }: { children: ComponentChildren }) {
  const { path, route } = useLocation()
  useEffect(() => connectEvents(), [])
  useEffect(() => {
    const focusQuery = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
      if ((event.target as Element).closest('input, textarea, select, dialog')) return
      event.preventDefault()
      if (selectQuery()) return
      route('/streams')
      // The page with the bar is drawn after this.
      setTimeout(selectQuery)
    }
    addEventListener('keydown', focusQuery)
    return () => removeEventListener('keydown', focusQuery)
  }, [route])

  return (
    <>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="top">
        <a href="/" class="home" aria-label="Sidestream, overview">
          <Wordmark />
        </a>
        <nav aria-label="Pages">
          {PAGES.filter(isShown).map(([href, label]) => (
            <a key={href} href={href} aria-current={isWithin(path, href) ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <div class="top-end">
          <FindFile />
          <ScopeChip scope={session.value?.scope ?? null} />
          <ConnectionState />
          <button
            type="button"
            class="button is-quiet is-small"
            title="Light, dark, or as the system"
            onClick={nextTheme}
          >
            Theme: {theme.value}
          </button>
          <a class="user" href="/account" aria-current={path === '/account' ? 'page' : undefined}>
            <Name text={session.value?.username ?? ''} isTitled />
          </a>
          <button type="button" class="button is-quiet is-small" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <CentralBanner />
      <div id="content" tabIndex={-1}>
        {children}
      </div>
      <Toasts />
    </>
  )
}

function isShown([, , needs, of]: Page): boolean {
  return may(needs) && (of === undefined || !isScoped())
}

/** From every page: where is this file? */
function FindFile() {
  const { route } = useLocation()
  const find = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const name = String(new FormData(form).get('name') ?? '').trim()
    if (name === '') return
    form.reset()
    route(filesUrl({ name }))
  }
  return (
    <search class="find-file">
      <form onSubmit={find}>
        <input
          name="name"
          type="search"
          aria-label="Find a file"
          placeholder="Find a file…"
          maxLength={4096}
          spellcheck={false}
          autoComplete="off"
        />
      </form>
    </search>
  )
}

function isWithin(path: string, href: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`))
}

function ConnectionState() {
  switch (connection.value) {
    case 'live':
      return <Status tone="good">Live</Status>
    case 'connecting':
      return <Status tone="busy">Connecting</Status>
    case 'reconnecting':
      return (
        <Status tone="bad">
          Reconnecting<span class="where-wide">: what you see may be old</span>
        </Status>
      )
  }
}

function selectQuery(): boolean {
  const bar = document.getElementById('query')
  if (!(bar instanceof HTMLInputElement)) return false
  bar.select()
  return true
}

async function signOut(): Promise<void> {
  try {
    await api.signOut()
    endSession()
  } catch (error) {
    sayError(error)
  }
}
