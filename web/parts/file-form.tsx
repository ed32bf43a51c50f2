/** The question of the file page. */
import { useState } from 'preact/hooks'
import type { FileSearch } from '../model/file-places.ts'
import { may } from '../session.ts'

const SHA256 = '[0-9a-fA-F]{64}'

export function FileForm(props: { search: FileSearch; onSearch: (search: FileSearch) => void }) {
  const { search, onSearch } = props
  const [isLive, setIsLive] = useState(search.isLive)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string): string => String(form.get(name) ?? '').trim()
    const [folder, sha256] = isLive ? [text('folder'), text('sha256')] : ['', '']
    onSearch({ name: text('name'), folder, sha256, isLive, explained: '' })
  }
  // Another address is another question: its fields begin with what it says.
  return (
    <form
      class="file-form"
      key={`${search.name} ${search.folder} ${search.sha256}`}
      onSubmit={submit}
    >
      <label class="field">
        <span>File name, or whole path</span>
        <input
          id="query"
          name="name"
          required
          maxLength={4096}
          spellcheck={false}
          autoComplete="off"
          placeholder="setup.exe"
          defaultValue={search.name}
        />
      </label>
      {may('machines.ask') && (
        <label class="toggle">
          <input
            type="checkbox"
            checked={isLive}
            onChange={(event) => setIsLive(event.currentTarget.checked)}
          />
          Ask machines now
        </label>
      )}
      {isLive && (
        <>
          <label class="field">
            <span>Also look in folder</span>
            <input
              name="folder"
              maxLength={4096}
              spellcheck={false}
              placeholder="C:\Installers"
              defaultValue={search.folder}
            />
          </label>
          <label class="field">
            <span>Compare with SHA-256</span>
            <input
              name="sha256"
              pattern={SHA256}
              spellcheck={false}
              title="64 hexadecimal digits"
              placeholder="of the file’s own content"
              defaultValue={search.sha256}
            />
          </label>
        </>
      )}
      <button type="submit" class="button is-primary">
        Find
      </button>
    </form>
  )
}
