/** Settings of the lease side, under the KCL's own names and with its defaults where it has the same thing. */
import type { ClientVersionConfig } from './client-version.ts'

export interface LeaseSettings {
  /** A lease whose owner is silent for so long goes to another worker. */
  readonly failoverTimeMillis: number
  /** Between runs of the leader that may move live leases; null: twice the fail-over time. */
  readonly leaseAssignmentIntervalMillis: number | null
  readonly enablePriorityLeaseAssignment: boolean
  readonly maxLeasesForWorker: number
  readonly maxLeasesToStealAtOneTime: number
  readonly maxLeaseRenewalThreads: number
  readonly leaseAssignmentStrategy: 'WORKER_UTILIZATION_AWARE' | 'LEASE_COUNT_BASED'
  /**
   * Beside workers of KCL 2.x, in the KCL's own steps: `..._PHASE1` does as 2.x does; `COMPATIBLE_WITH_2X` does so too, reports
   * metrics, and changes to the ways of 3.x with the whole fleet; `3X` knows those alone. Ignored where the fleet's row says more.
   */
  readonly clientVersionConfig: ClientVersionConfig
  readonly dampeningPercentage: number
  readonly reBalanceThresholdPercentage: number
  readonly allowThroughputOvershoot: boolean
  readonly varianceBalancingFrequency: number
  readonly workerMetricsEMAAlpha: number
  /** KiB a second */
  readonly maxThroughputPerHostKBps: number
  readonly disableWorkerMetrics: boolean
  readonly inMemoryWorkerMetricsCaptureFrequencyMillis: number
  readonly workerMetricsReporterFreqInMillis: number
  readonly noOfPersistedMetricsPerWorkerMetrics: number
  readonly staleWorkerMetricsEntryCleanupDuration: number
  readonly isGracefulLeaseHandoffEnabled: boolean
  readonly gracefulLeaseHandoffTimeoutMillis: number
  /**
   * A leader that is silent for so long is replaced. Null, the default: the fail-over time, where the KCL has 120 s and leaves the
   * leases of a dead leader alone for as long.
   */
  readonly leaderLeaseDurationMillis: number | null
  /** null: a quarter of the duration, as in the KCL */
  readonly leaderHeartbeatIntervalMillis: number | null
  readonly cleanupLeasesUponShardCompletion: boolean
  readonly leaseCleanupIntervalMillis: number
  readonly completedLeaseCleanupIntervalMillis: number
  readonly garbageLeaseCleanupIntervalMillis: number
  readonly leasesRecoveryAuditorExecutionFrequencyMillis: number
  readonly leasesRecoveryAuditorInconsistencyConfidenceThreshold: number
  readonly skipShardSyncAtWorkerInitializationIfLeasesExist: boolean
  readonly ignoreUnexpectedChildShards: boolean
  /** what is done when a stream turns out to be another one under the same name; not of the KCL */
  readonly recreatedStream: 'STOP' | 'READ_ANEW'
  readonly listShardsBackoffTimeInMillis: number
  readonly maxListShardsRetryAttempts: number
}

export const LEASE_SETTINGS: LeaseSettings = {
  failoverTimeMillis: 10_000,
  leaseAssignmentIntervalMillis: null,
  enablePriorityLeaseAssignment: true,
  maxLeasesForWorker: 2_147_483_647,
  maxLeasesToStealAtOneTime: 1,
  maxLeaseRenewalThreads: 20,
  leaseAssignmentStrategy: 'WORKER_UTILIZATION_AWARE',
  clientVersionConfig: 'CLIENT_VERSION_CONFIG_3X',
  dampeningPercentage: 60,
  reBalanceThresholdPercentage: 10,
  allowThroughputOvershoot: true,
  varianceBalancingFrequency: 3,
  workerMetricsEMAAlpha: 0.5,
  maxThroughputPerHostKBps: Number.POSITIVE_INFINITY,
  disableWorkerMetrics: false,
  inMemoryWorkerMetricsCaptureFrequencyMillis: 1_000,
  workerMetricsReporterFreqInMillis: 30_000,
  noOfPersistedMetricsPerWorkerMetrics: 10,
  staleWorkerMetricsEntryCleanupDuration: 86_400_000,
  isGracefulLeaseHandoffEnabled: true,
  gracefulLeaseHandoffTimeoutMillis: 30_000,
  leaderLeaseDurationMillis: null,
  leaderHeartbeatIntervalMillis: null,
  cleanupLeasesUponShardCompletion: true,
  leaseCleanupIntervalMillis: 60_000,
  completedLeaseCleanupIntervalMillis: 300_000,
  garbageLeaseCleanupIntervalMillis: 1_800_000,
  leasesRecoveryAuditorExecutionFrequencyMillis: 120_000,
  leasesRecoveryAuditorInconsistencyConfidenceThreshold: 3,
  skipShardSyncAtWorkerInitializationIfLeasesExist: false,
  ignoreUnexpectedChildShards: false,
  recreatedStream: 'STOP',
  listShardsBackoffTimeInMillis: 1_500,
  maxListShardsRetryAttempts: 50,
}

/** KCL: the renewer runs this long before a third of the fail-over time is over. */
const EPSILON_MS = 25

/** Milliseconds between runs, as they follow from the settings. */
export interface LeasePeriods {
  readonly renewMs: number
  readonly takeMs: number
  /** how often the leader looks for leases that are free; often, so that none is free for two fail-over times */
  readonly watchMs: number
  /** how often a worker looks whether it leads; more often, since a fleet without a leader leaves free leases alone */
  readonly leadMs: number
  /** how often the leader may move live leases */
  readonly assignMs: number
  readonly discoverMs: number
}

export function leasePeriods({
  failoverTimeMillis: failover,
  leaseAssignmentIntervalMillis,
}: LeaseSettings): LeasePeriods {
  const assignMs = leaseAssignmentIntervalMillis ?? 2 * failover
  const watchMs = Math.min(assignMs, Math.floor(failover / 3))
  return {
    renewMs: Math.max(1, Math.floor(failover / 3) - EPSILON_MS),
    takeMs: 2 * (failover + EPSILON_MS),
    watchMs,
    leadMs: Math.max(1, Math.min(watchMs, Math.floor(failover / 6))),
    assignMs,
    discoverMs: Math.max(1, Math.min(Math.floor(assignMs / 2) - EPSILON_MS, Math.floor(failover / 3))),
  }
}
