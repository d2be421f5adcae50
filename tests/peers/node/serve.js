// Starts the peer telegram-test-api on the loopback port given as argument; answers nothing itself.
'use strict';

const TelegramServer = require('telegram-test-api');

const server = new TelegramServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  storeTimeout: 3600, // seconds; its default forgets a message after one minute
});

process.on('SIGTERM', () => process.exit(0));

server.start().catch((error) => {
  console.error(error);
  process.exit(1);
});
