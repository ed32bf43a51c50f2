import { fields } from '../../server/streams/query/fields.ts'
import { streamsUrl } from '../model/query-text.ts'

/** The fields of the language, from the parser's own table; each example is a search. */
export function QueryHelp() {
  return (
    <div class="query-help">
      <p>
        Words match path or stream name. Terms side by side must all hold; <code>OR</code>,{' '}
        <code>NOT</code> or <code>-</code>, and parentheses combine them. <code>*</code> and{' '}
        <code>?</code> are wildcards; ranges: <code>size:&gt;64kb</code>, <code>zone:3..4</code>,{' '}
        <code>first:&lt;7d</code>; quotes keep blanks together.
      </p>
      <dl>
        {fields.map((field) =>
          field.type === 'text' && field.isLiveOnly ? null : (
            <div key={field.name}>
              <dt>
                <a href={streamsUrl(field.example)}>
                  <code>{field.example}</code>
                </a>
              </dt>
              <dd>{field.description}</dd>
            </div>
          ),
        )}
      </dl>
    </div>
  )
}
