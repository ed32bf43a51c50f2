/** What Windows does with a carrier because of its mark: each effect with who does it, and how sure that is. */
import type { Explanation } from '../../server/protocol/api/files.ts'
import { api, isNotThere } from '../api.ts'
import { may } from '../session.ts'
import { Failure, Loading } from './bits.tsx'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'

const RISKS: Record<Explanation['risk'], string> = {
  high: 'High risk',
  moderate: 'Moderate risk',
  low: 'Low risk',
  none: 'No risk by type',
}

const CERTAINTIES: Record<Explanation['effects'][number]['certainty'], string> = {
  documented: 'documented by its maker',
  observed: 'observed, not documented',
  depends: 'depends on the machine',
}

export function ExplainPanel({ streamId }: { streamId: number }) {
  const explanation = useResource(String(streamId), (abort) => api.explain(streamId, false, abort))
  // By what its machine says now, once that is there: it may be slow, or off.
  const asked = useResource(`${streamId} now`, (abort) =>
    may('machines.ask') ? api.explain(streamId, true, abort) : Promise.resolve(null),
  )
  const explained = asked.value ?? explanation.value
  return (
    <section class="panel explain">
      <h2>What Windows does with it</h2>
      {explained !== null ? (
        <Explained explained={explained} />
      ) : explanation.error === null ? (
        <Loading what="explanation" />
      ) : isNotThere(explanation.error) ? (
        <p class="faint">There is no such stream to explain.</p>
      ) : (
        <Failure error={explanation.error} retry={explanation.reload} />
      )}
    </section>
  )
}

function Explained({ explained }: { explained: Explanation }) {
  const { zone, zoneName, extension, risk, riskReason, effects, location, caveats } = explained
  return (
    <>
      <p>
        {zone === null ? 'No zone is set' : `Zone ${zone} (${zoneName})`}
        {extension !== '' && (
          <>
            {' on a '}
            <Name text={`.${extension}`} />
            {' file'}
          </>
        )}
        . <strong>{RISKS[risk]}</strong>: <Name text={riskReason} />
      </p>
      {effects.length > 0 && (
        <ul class="effects">
          {effects.map((effect) => (
            <li key={`${effect.by} ${effect.what}`}>
              <strong>{effect.by}</strong>: {effect.what}{' '}
              <span class="faint">({CERTAINTIES[effect.certainty]})</span>
            </li>
          ))}
        </ul>
      )}
      {location !== '' && <p>{location}</p>}
      {caveats.length > 0 && (
        <>
          <h3>Not certain from here</h3>
          <ul class="caveats">
            {caveats.map((caveat) => (
              <li key={caveat}>{caveat}</li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}
