import { MAX_CHOSEN_TARGETS } from '../../server/protocol/limits.ts'
import { formatCount, plural } from '../model/format.ts'
import { may } from '../session.ts'

interface SelectionBarProps {
  chosenCount: number
  /** Chosen, but no longer in the list. */
  missingCount: number
  loadedCount: number
  total: number | null
  isTotalExact: boolean
  isLoadingMore: boolean
  isStale: boolean
  onReload: () => void
  onChooseAll: () => Promise<void>
  onClear: () => void
  onStrip: () => void
}

export function SelectionBar(props: SelectionBarProps) {
  const { chosenCount, missingCount, total, isTotalExact } = props
  return (
    <div class={`selection-bar ${chosenCount > 0 ? 'is-active' : ''}`}>
      <div class="selection-text" aria-live="polite">
        {chosenCount === 0 ? (
          total !== null && (
            <strong>
              {isTotalExact ? '' : 'at least '}
              {plural(total, 'stream')}
            </strong>
          )
        ) : (
          <>
            <strong>{formatCount(chosenCount)} chosen</strong>
            {total !== null && (
              <span class="faint">
                {' '}
                of {isTotalExact ? '' : 'at least '}
                {formatCount(total)}
              </span>
            )}
            {missingCount > 0 && (
              <span class="faint"> · {formatCount(missingCount)} no longer in this list</span>
            )}
          </>
        )}
      </div>
      <ChooseAll {...props} />
      {props.isStale && (
        <button type="button" class="button is-small" onClick={props.onReload}>
          The inventory changed. Load again
        </button>
      )}
      {chosenCount > 0 && (
        <>
          <button type="button" class="button is-small is-quiet" onClick={props.onClear}>
            Clear
          </button>
          {may('orders.create') && (
            <button
              type="button"
              class="button is-small is-danger"
              disabled={chosenCount > MAX_CHOSEN_TARGETS}
              onClick={props.onStrip}
            >
              Strip {plural(chosenCount, 'stream')}…
            </button>
          )}
        </>
      )}
      {chosenCount > MAX_CHOSEN_TARGETS && (
        <span class="faint">An order names at most {formatCount(MAX_CHOSEN_TARGETS)}.</span>
      )}
    </div>
  )
}

function ChooseAll({
  chosenCount,
  total: counted,
  isTotalExact,
  loadedCount,
  isLoadingMore,
  onChooseAll,
}: SelectionBarProps) {
  if (counted === null || counted === 0 || chosenCount === 0) return null
  const total = Math.max(counted, loadedCount)
  const reachable = isTotalExact ? Math.min(total, MAX_CHOSEN_TARGETS) : MAX_CHOSEN_TARGETS
  if (chosenCount >= reachable) {
    return total > MAX_CHOSEN_TARGETS ? (
      <span class="faint">
        The first {formatCount(MAX_CHOSEN_TARGETS)}: an order names no more.
      </span>
    ) : null
  }
  if (isLoadingMore) {
    return (
      <span class="faint" role="status">
        Loading {formatCount(loadedCount)} of {formatCount(reachable)}…
      </span>
    )
  }
  return (
    <button type="button" class="button is-small is-quiet" onClick={() => void onChooseAll()}>
      {total > MAX_CHOSEN_TARGETS || !isTotalExact
        ? `Choose the first ${formatCount(MAX_CHOSEN_TARGETS)} of ${isTotalExact ? '' : 'at least '}${formatCount(total)}`
        : `Choose all ${formatCount(total)} that match`}
    </button>
  )
}
