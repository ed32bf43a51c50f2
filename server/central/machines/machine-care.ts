/** The services around the care of machines, put together. */
import type { Logger } from '../../shared/logger.ts'
import type { InventoryEngine } from '../store/inventory/inventory-engine.ts'
import type { MachineStore } from '../store/machine-store.ts'
import {
  type AdmissionService,
  type AdmissionServiceParts,
  createAdmissionService,
} from './admission-service.ts'
import { type CoverageService, createCoverageService } from './coverage-service.ts'
import { createLabelService, type LabelService } from './label-service.ts'

export interface MachineCareParts extends AdmissionServiceParts {
  machines: Pick<MachineStore, 'findKnown'>
  inventory: Pick<InventoryEngine, 'putMachines'>
  logger: Logger
  staleAfterMs: number
}

export interface MachineCare {
  labels: LabelService
  admission: AdmissionService
  coverage: CoverageService
}

export function createMachineCare(parts: MachineCareParts): MachineCare {
  const { machines, inventory, logger } = parts
  const labels = createLabelService({
    ...parts,
    labelled: ({ machineId }) => {
      const known = machines.findKnown(machineId)
      if (known === undefined) return
      // At the latest the next start brings them there.
      inventory
        .putMachines([known])
        .catch((error: unknown) =>
          logger.warn({ err: error }, 'labels did not reach the inventory'),
        )
    },
  })
  return {
    labels,
    admission: createAdmissionService(parts),
    coverage: createCoverageService(parts),
  }
}
