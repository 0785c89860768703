import { parseArgs } from 'node:util';
import { type Bench, withBench } from './bench';
import { type Finding, verdictOn } from './finding';
import { measureCpu, measureOpenIDCpu, measureOwnCode } from './measures/cpu';
import { measureCrowd } from './measures/crowd';
import { measureExpress } from './measures/express';
import { measureLatency, measureOpenIDLatency } from './measures/latency';
import { measureMemory } from './measures/memory';
import { measureStartUp } from './measures/start-up';
import { printFindings } from './report';

const MEASURES: Record<string, (bench: Bench) => Promise<Finding[]>> = {
  latency: measureLatency,
  cpu: measureCpu,
  'own code': measureOwnCode,
  'openid latency': measureOpenIDLatency,
  'openid cpu': measureOpenIDCpu,
  express: measureExpress,
  crowd: measureCrowd,
  memory: measureMemory,
  'start-up': measureStartUp,
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: Object.keys(MEASURES) },
    },
  });
  await withBench(values.quick, async (bench) => {
    const all: Record<string, Finding[]> = {};
    for (const name of values.only) {
      const measure = MEASURES[name];
      if (!measure) throw new Error(`there is no measure ${name}, but ${Object.keys(MEASURES).join(', ')}`);
      const findings = await measure(bench);
      all[name] = findings;
      if (!values.json) printFindings(name, findings);
    }
    if (values.json) console.log(JSON.stringify(all, null, 2));
    if (
      Object.values(all)
        .flat()
        .some((finding) => verdictOn(finding) === 'MISSED')
    )
      process.exitCode = 1;
  });
}

void main();
