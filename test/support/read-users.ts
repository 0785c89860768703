import http from 'node:http';
import https from 'node:https';
import { FreedomIdClient } from '../../lib';
import { minimalOptions } from './options';

// Run by itself: reads the user twice from each provider whose URL is given, by the default agent and by the global one.

async function main(): Promise<void> {
  for (const baseURL of process.argv.slice(2)) {
    for (const agent of [undefined, baseURL.startsWith('https:') ? https.globalAgent : http.globalAgent]) {
      const client = new FreedomIdClient({ ...minimalOptions, baseURL, agent, allowInsecureHttp: true });
      for (let time = 0; time < 2; time += 1) {
        const { raw } = await client.getUserInfo('the-token');
        console.log(raw);
      }
    }
  }
  process.exit();
}

void main();
