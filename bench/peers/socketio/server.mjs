// A chat on Socket.IO with one INSERT for each message: a sender's ack and the room's line follow its commit.

import { createServer } from "node:http";

import { createAdapter } from "@socket.io/redis-adapter";
import pg from "pg";
import { createClient } from "redis";
import { Server } from "socket.io";

const { SOCKETIO_PORT, SOCKETIO_DATABASE_URL, SOCKETIO_REDIS_URL, SOCKETIO_POOL } = process.env;
const BACKLOG = 2048;
const TABLE = `
  CREATE TABLE message (
    id bigserial PRIMARY KEY,
    room text NOT NULL,
    body text NOT NULL,
    created timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX message_of_room ON message (room, id)`;
// With a name it is parsed and planned once on each connection.
const INSERT = { name: "insert", text: "INSERT INTO message (room, body) VALUES ($1, $2)" };

const pool = new pg.Pool({
  connectionString: SOCKETIO_DATABASE_URL,
  options: "-c synchronous_commit=on",
  max: Number(SOCKETIO_POOL),
  // A connection that is made again in the middle of a step would be measured.
  idleTimeoutMillis: 0,
});
await pool.query(TABLE);

const publisher = createClient({ url: SOCKETIO_REDIS_URL });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

// Whoever asks over plain HTTP wants to know whether it is up.
const http = createServer((request, response) => response.end());
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
});

io.on("connection", (socket) => {
  const { room } = socket.handshake.auth;
  socket.join(room);

  async function keep(body, ack) {
    try {
      await pool.query({ ...INSERT, values: [room, body] });
    } catch (error) {
      console.error(error);
      ack("not stored");
      return;
    }
    ack();
    // The sender has its ack and needs no echo.
    socket.to(room).emit("message", body);
  }

  // With more than one connection to the database the order of one sender is kept here or not at all.
  let turn = Promise.resolve();
  socket.on("message", (body, ack) => {
    turn = turn.then(() => keep(body, ack));
  });
});

http.listen({ host: "127.0.0.1", port: Number(SOCKETIO_PORT), backlog: BACKLOG });
