// Writes THIRD_PARTY_NOTICES at pack time: the name, version, licence and licence text of every package that a user installs.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

/** Packages that come with `npm install millrace`: neither development ones nor binaries for other machines that are absent here. */
const installed = Object.entries(lock.packages)
  .filter(
    // alasql is part of dist.
    ([path, entry]) =>
      path === 'node_modules/alasql' || (path !== '' && entry.dev !== true && entry.devOptional !== true),
  )
  .filter(([path]) => existsSync(join(root, path, 'package.json')))
  .map(([path]) => path)
  .sort()

const sections = installed.map(path => {
  const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
  const file = readdirSync(join(root, path)).find(name => /^(licen[cs]e|copying)(\.|$)/i.test(name))
  const text =
    file === undefined
      ? `(the package carries no licence file; its manifest says ${manifest.license})`
      : readFileSync(join(root, path, file), 'utf8').trim()
  return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${text}\n`
})

const rule = `\n${'-'.repeat(80)}\n\n`
const head = 'millrace is installed together with the packages below, each under its own licence.\n'
writeFileSync(join(root, 'THIRD_PARTY_NOTICES'), [head, ...sections].join(rule))
console.log(`THIRD_PARTY_NOTICES: ${installed.length} packages`)
