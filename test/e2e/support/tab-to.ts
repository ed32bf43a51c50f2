import type { Locator } from 'playwright-core'

/** More than any page has between its first and its last element that takes the focus. */
const MOST_TABS = 80

/** By Tab alone, once the target is there; throws where nobody without a mouse would ever get. */
export async function tabTo(target: Locator): Promise<void> {
  await target.waitFor()
  const { keyboard } = target.page()
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    if ((await target.and(target.page().locator(':focus')).count()) > 0) return
    await keyboard.press('Tab')
  }
  throw new Error(`${target} is out of the keyboard's reach`)
}
