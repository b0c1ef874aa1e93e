// Answers IAM questions with an engine that is not ours: a line of JSON for each line of JSON.
//
//   in:  {policies: [...], requests: [{principal, action, resource, account, context,
//         identity: [index of a policy, ...], on: index of the resource's own policy or null}]}
//   out: {answers: ["Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied", ...]}, in the order of the
//        requests; {error: "..."} where the engine refuses to judge one: no answer is not "denied"
//
// It ends with its input. Starting the engine takes longer than a thousand answers.
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

const require = createRequire(import.meta.url)
const engine = require.resolve('@cloud-copilot/iam-simulate')
const { anonymousPrincipal, runSimulation } = require(engine)
typesOnce(require(join(dirname(engine), 'simulation_engine', 'resourceTypes.js')))

if (isMainThread) {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const answer = await answered(JSON.parse(line)).catch((error) => ({ error: `${error}` }))
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
} else {
  parentPort.postMessage(await judgedHere(workerData.policies, workerData.requests))
}

// Half of an answer's time is for the types of resource that an action and an ARN fit, and many ask for the same.
function typesOnce(types) {
  const found = new Map()
  const look = types.getResourceTypesForAction
  types.getResourceTypesForAction = (...asked) => {
    const key = asked.join(' ')
    if (!found.has(key)) found.set(key, look(...asked))
    return found.get(key)
  }
}

async function answered({ policies, requests }) {
  const workers = Math.min(availableParallelism(), 1 + Math.floor(requests.length / 500))
  if (workers === 1) return { answers: await judgedHere(policies, requests) }
  const size = Math.ceil(requests.length / workers)
  const parts = Array.from({ length: workers }, (_, n) => requests.slice(n * size, (n + 1) * size))
  const answers = await Promise.all(parts.map((part) => judgedElsewhere(policies, part)))
  return { answers: answers.flat() }
}

async function judgedHere(policies, requests) {
  const answers = []
  for (const request of requests) answers.push(await judged(policies, request))
  return answers
}

function judgedElsewhere(policies, requests) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { policies, requests } })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function judged(policies, request) {
  const simulation = {
    request: {
      principal: request.principal ?? anonymousPrincipal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.account },
      contextVariables: request.context
    },
    identityPolicies: request.identity.map((n) => ({ name: `identity-${n}`, policy: policies[n] })),
    resourcePolicy: request.on === null ? undefined : policies[request.on],
    serviceControlPolicies: [],
    resourceControlPolicies: []
  }
  const result = await runSimulation(simulation, {})
  if (result.resultType === 'error') {
    throw new Error(`${JSON.stringify(result.errors)} for ${JSON.stringify(request)}`)
  }
  return result.overallResult
}
