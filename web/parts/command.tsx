import { useRef, useState } from 'preact/hooks'

/** A command line to copy. Without the clipboard (no HTTPS) it is selected, ready for Ctrl+C. */
export function Command({ text }: { text: string }) {
  const ref = useRef<HTMLElement>(null)
  const [label, setLabel] = useState('Copy')
  const copy = async () => {
    if (ref.current) getSelection()?.selectAllChildren(ref.current)
    try {
      await navigator.clipboard.writeText(text)
      setLabel('Copied')
    } catch {
      setLabel('Press Ctrl+C')
    }
  }
  return (
    <div class="command">
      <code ref={ref}>{text}</code>
      <button type="button" class="button is-small" onClick={() => void copy()}>
        {label}
      </button>
    </div>
  )
}
