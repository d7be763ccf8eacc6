/** What a command is measured against: express as lean as the API's, which only parses a body and echoes it. */
import type { AddressInfo } from 'node:net';
import express from 'express';

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.set('query parser', false);
app.patch('/api/v1/personas/:personaId/draft', (req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(body));
  });
});
const server = app.listen(0, '127.0.0.1', () => {
  console.error(`serves at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('SIGTERM', () => process.exit(0));
