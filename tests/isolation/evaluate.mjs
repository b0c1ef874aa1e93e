// Answers IAM questions with an engine that is not ours: JSON on stdin, JSON on stdout.
//
//   in:  {policies: [...], requests: [{principal, action, resource, account, context,
//         identity: [index of a policy, ...], on: index of the resource's own policy or null}]}
//   out: ["Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied", ...], in the order of the requests
//
// A request that the engine refuses to judge fails the whole run: no answer is not "denied".
import { availableParallelism } from 'node:os'
import { readFileSync } from 'node:fs'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'

if (isMainThread) {
  const { policies, requests } = JSON.parse(readFileSync(0, 'utf-8'))
  const workers = Math.min(availableParallelism(), 1 + Math.floor(requests.length / 500))
  const size = Math.ceil(requests.length / workers)
  const parts = Array.from({ length: workers }, (_, n) => requests.slice(n * size, (n + 1) * size))
  const answers = await Promise.all(parts.map((part) => judgedElsewhere(policies, part)))
  process.stdout.write(JSON.stringify(answers.flat()))
} else {
  const answers = []
  for (const request of workerData.requests) {
    answers.push(await judged(workerData.policies, request))
  }
  parentPort.postMessage(answers)
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
