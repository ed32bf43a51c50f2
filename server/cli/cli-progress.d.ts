/** The part of cli-progress 3 that we use; the package has no types of its own. */
declare module 'cli-progress' {
  export interface BarState {
    readonly progress: number
  }

  export interface BarOptions {
    readonly stream: NodeJS.WritableStream
    readonly clearOnComplete: boolean
    readonly hideCursor: boolean
    readonly linewrap: boolean
    readonly gracefulExit: boolean
    readonly format: (options: object, state: BarState, payload: object) => string
  }

  export class SingleBar {
    constructor(options: BarOptions)
    start(total: number, startValue: number, payload: object): void
    update(current: number, payload: object): void
    stop(): void
  }

  const progress: { readonly SingleBar: typeof SingleBar }
  export default progress
}
