/** What an order over a preview will not do, or do besides. Pure. */
import type { PreviewWarning } from '../../protocol/api/order-previews.ts'
import type { StoredPreview } from '../store/order-store.ts'

export function warningsOf(
  { action, summary, targetCount }: StoredPreview,
  offlineMachineCount: number,
): PreviewWarning[] {
  const verdict = (name: string) =>
    summary.byVerdict.find(({ value }) => value === name)?.count ?? 0
  const refused = action === 'strip' ? summary.otherStreams : action === 'restore' ? 0 : targetCount
  const what = action === 'strip' ? 'strip other streams than Zone.Identifier' : action
  const warnings: PreviewWarning[] = [
    {
      code: 'SUSPICIOUS_CONTENT',
      text: 'Some streams are suspicious: look at their content first, it may be evidence.',
      count: action === 'strip' ? verdict('suspicious') : 0,
    },
    {
      code: 'UNKNOWN_STREAMS',
      text: 'Some streams are of a kind that is not known: what wrote them may miss them.',
      count: action === 'strip' ? verdict('unknown') : 0,
    },
    {
      code: 'NETWORK_ZONE',
      text: 'Some files are in a folder that is shared over the network: if Windows counts the share to the Internet zone, it goes on asking without any mark. Add the server to the local intranet.',
      count: summary.onShares,
    },
    {
      code: 'MARK_COMES_BACK',
      text: 'Some streams were stripped before and are there again: whatever writes them will do so once more.',
      count: summary.returned,
    },
    {
      code: 'POLICY_REFUSES',
      text: `Agents do not ${what} unless their own policy.json allows it: those answer "refused".`,
      count: refused,
    },
    {
      code: 'OFFLINE_MACHINES',
      text: 'Some machines are offline: their targets wait until they are back, or the order expires.',
      count: offlineMachineCount,
    },
  ]
  return warnings.filter(({ count }) => count > 0)
}
