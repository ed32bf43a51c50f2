import { useLocation } from 'preact-iso'
import type { AuditEntry } from '../../server/protocol/api/audit.ts'
import { api } from '../api.ts'
import { auditColumns } from '../parts/audit-columns.tsx'
import { Empty, Failure, Loading, Notice } from '../parts/bits.tsx'
import { Grid } from '../parts/grid.tsx'
import { usePagedList, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'

const rowKey = (entry: AuditEntry): number => entry.auditId

export function AuditPage() {
  useTitle('Audit')
  const { query } = useLocation()
  const about = query.about ?? ''
  const list = usePagedList<AuditEntry>(`audit ${about}`, async (cursor, limit, abort) => {
    const page = await api.audit({ about, cursor, limit }, abort)
    return { rows: page.entries, cursor: page.cursor, total: null }
  })
  const { rows, phase, error } = list.state.value
  return (
    <main class="page is-full">
      <header class="page-head">
        <h1>Audit</h1>
        <div class="page-actions">
          <button type="button" class="button is-small" onClick={() => list.reload()}>
            Load newest
          </button>
        </div>
      </header>
      {about !== '' && (
        <Notice
          tone="info"
          action={
            <a class="button" href="/audit">
              Show everything
            </a>
          }
        >
          Only what concerns <Name text={about} />.
        </Notice>
      )}
      <Grid
        label="Audit log"
        listKey={`audit ${about}`}
        columns={auditColumns}
        rows={rows}
        rowKey={rowKey}
        total={null}
        onNearEnd={() => list.loadMore()}
      >
        {phase === 'first' && <Loading what="the audit log" />}
        {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
        {phase === 'idle' && rows.length === 0 && <Empty title="Nothing has been recorded yet" />}
      </Grid>
    </main>
  )
}
