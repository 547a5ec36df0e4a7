/**
 * The folder that Grafana starts from: what provisions it, the dashboard, and a compose file.
 *
 *   compose.yaml
 *   provisioning/datasources/millrace.yaml     the query API as a Prometheus data source
 *   provisioning/dashboards/millrace.yaml      where the dashboards are
 *   dashboards/millrace-NAME.json
 */
import { DATA_SOURCE_UID, type GrafanaOptions, type GrafanaResult, grafanaDashboard } from './dashboard.ts'
import { promDuration } from './queries.ts'

/** The variable that holds the token of the listener, where it wants one. */
export const TOKEN_VARIABLE = 'MILLRACE_TOKEN'
/** The machine that a container runs on, as containers call it. */
export const CONTAINER_HOST = 'host.docker.internal'
const SCRAPE_MS_DEFAULT = 1_000

export interface ProjectOptions extends GrafanaOptions {
  /** port of the live page */
  readonly port: number
  /**
   * `host`: the container has the network of its machine, and reaches a listener on loopback (Linux). `bridge`: it has its own and asks
   * for `host.docker.internal`, which must be among the hosts that the listener allows (Docker Desktop).
   */
  readonly network: 'host' | 'bridge'
}

export interface GrafanaProject extends GrafanaResult {
  /** texts by path below the folder */
  readonly files: ReadonlyMap<string, string>
}

/** @throws MillraceError `config` when the dashboard names what the outputs do not have */
export function grafanaProject(options: ProjectOptions): GrafanaProject {
  const { dashboard, notes } = grafanaDashboard(options)
  const files = new Map([
    ['compose.yaml', composeFile(options)],
    ['provisioning/datasources/millrace.yaml', dataSourceFile(options)],
    ['provisioning/dashboards/millrace.yaml', providerFile()],
    [`dashboards/${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 2)}\n`],
  ])
  return { dashboard, notes, files }
}

/** Grafana puts variables of its environment in place of `$NAME` in these files; there are none but the token. */
function dataSourceFile({ network, port, windows }: ProjectOptions): string {
  const sizes = [...windows.values()].filter(size => size !== null)
  const host = network === 'host' ? '127.0.0.1' : CONTAINER_HOST
  return `# Made by "millrace dashboards build"; change the pipeline, and build again.
apiVersion: 1
datasources:
  - name: millrace
    uid: ${DATA_SOURCE_UID}
    type: prometheus
    access: proxy
    url: http://${host}:${port}
    isDefault: true
    editable: false
    jsonData:
      httpMethod: POST
      prometheusType: Prometheus
      prometheusVersion: 3.0.0
      # The smallest window: between two of its rows there is nothing to draw.
      timeInterval: ${promDuration(sizes.length === 0 ? SCRAPE_MS_DEFAULT : Math.min(...sizes))}
      httpHeaderName1: Authorization
    secureJsonData:
      httpHeaderValue1: "Bearer $${TOKEN_VARIABLE}"
`
}

function providerFile(): string {
  return `# Made by "millrace dashboards build".
apiVersion: 1
providers:
  - name: millrace
    type: file
    folder: millrace
    allowUiUpdates: false
    updateIntervalSeconds: 10
    options:
      path: /var/lib/grafana/dashboards
`
}

function composeFile({ network, port }: ProjectOptions): string {
  const reach =
    network === 'host'
      ? `    # The listener is on this machine's loopback address, which only the host's network reaches.
    network_mode: host
`
      : `    # Start the pipeline with --allow-host ${CONTAINER_HOST}, so that it answers to that name on port ${port}.
    extra_hosts: ["${CONTAINER_HOST}:host-gateway"]
    ports: ["127.0.0.1:3000:3000"]
`
  return `# Made by "millrace dashboards build". docker compose up, then http://127.0.0.1:3000
services:
  grafana:
    image: grafana/grafana:\${GRAFANA_TAG:-latest}
${reach}    environment:
${network === 'host' ? '      GF_SERVER_HTTP_ADDR: 127.0.0.1\n' : ''}      # Whoever reaches the port may look, and no one may change anything: for this machine only.
      GF_AUTH_ANONYMOUS_ENABLED: "true"
      GF_DASHBOARDS_MIN_REFRESH_INTERVAL: 1s
      # Wanted where the pipeline listens beyond loopback.
      ${TOKEN_VARIABLE}: \${${TOKEN_VARIABLE}:-}
    volumes:
      - ./provisioning:/etc/grafana/provisioning:ro
      - ./dashboards:/var/lib/grafana/dashboards:ro
`
}
