// node-smpp as the ESME, with a window by hand. usage: PORT COUNT WINDOW WORKERS ...
'use strict';

const smpp = require('smpp');

const [port, count, window] = process.argv.slice(2, 5).map(Number);
const text = Buffer.alloc(100, 'a');
let sent = 0;
let answered = 0;

function fail(reason) {
  process.stderr.write(reason + '\n');
  process.exit(1);
}

function fill(room) {
  for (; room > 0 && sent < count; room -= 1) {
    const message = { source_addr: '12345', destination_addr: String(31600000000 + sent), short_message: { message: text } };
    sent += 1;
    session.submit_sm(message, onAnswer);
  }
}

function onAnswer(response) {
  if (response.command_status !== 0) fail(`submit_sm was answered ${response.command_status}`);
  answered += 1;
  if (answered === count) session.unbind(() => process.exit(0));
  else fill(1);
}

const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` }, () => {
  session.bind_transceiver({ system_id: 'smppclient1', password: 'password' }, (response) => {
    if (response.command_status !== 0) fail(`the bind was answered ${response.command_status}`);
    fill(window);
  });
});
session.on('error', (error) => fail(String(error)));
