/** What the options of `sidestream order …` come to. */
import type { AccessFlags } from './central-client.ts'
import type { ListingFormat } from './listing-format.ts'

export interface FleetOrderFlags extends AccessFlags {
  readonly format: ListingFormat
  readonly verbose?: true
}
export interface PreviewFlags extends FleetOrderFlags {
  readonly action: 'strip' | 'reduce' | 'mark'
  readonly streams?: readonly number[]
  readonly files?: string
  readonly doneOf?: string
  readonly zone?: number
  readonly hostUrl?: string
  readonly referrerUrl?: string
  readonly targets?: true
}
export interface ConfirmedFlags extends FleetOrderFlags {
  readonly confirm: number
  readonly reason: string
  readonly watch?: true
}
export interface PlannedFlags extends ConfirmedFlags {
  readonly canary?: number
  readonly ramp?: readonly number[]
  readonly stopAt?: number
  readonly expires?: string
}
export interface RetryFlags extends PlannedFlags {
  readonly states?: readonly string[]
}
export interface ReasonFlags extends FleetOrderFlags {
  readonly reason?: string
}
export interface ShowOrderFlags extends FleetOrderFlags {
  readonly targets?: true
  readonly state?: string
  readonly machines?: true
}
export interface ListOrdersFlags extends FleetOrderFlags {
  readonly limit: number
}
export interface WatchFlags extends FleetOrderFlags {
  readonly timeLimit?: number
}
