/** Whether central can store what agents report: if not, everything on every page may be old. */
import { useEffect } from 'preact/hooks'
import { api } from '../api.ts'
import { Notice, Time } from './bits.tsx'
import { useLive, useResource } from './hooks.ts'

/** A full disk sends no event: nothing of it reaches the store. */
const LOOK_MS = 20_000

const LEADS = {
  'disk-full': 'Central’s disk is full: what agents report is not stored.',
  restarting: 'Central’s inventory is starting again: what agents report waits.',
}

export function CentralBanner() {
  const status = useResource('status', (abort) => api.status(abort))
  const { reload } = status
  useEffect(() => {
    const timer = window.setInterval(reload, LOOK_MS)
    return () => window.clearInterval(timer)
  }, [])
  useLive(() => false, reload)
  const state = status.value
  if (state === null || state.inventory === 'ready') return null
  return (
    <div class="central-banner">
      <Notice tone="error">
        <strong>{LEADS[state.inventory]}</strong> {state.message}{' '}
        {state.since !== null && (
          <>
            (since <Time at={state.since} />)
          </>
        )}
      </Notice>
    </div>
  )
}
