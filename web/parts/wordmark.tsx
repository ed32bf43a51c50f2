/** The mark: a main line and a stream beside it. Drawn in the text colour's company, sized by its text. */
export function Wordmark() {
  return (
    <span class="wordmark">
      <svg viewBox="0 0 22 16" aria-hidden="true">
        <path class="main-stream" d="M1.5 3.5h19" />
        <path class="side-stream" d="M4 3.5c4 0 4.5 9 9 9h7.5" />
      </svg>
      Sidestream
    </span>
  )
}
