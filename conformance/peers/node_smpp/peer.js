// Drives node-smpp. What it is asked and what it tells is described in ../order.py.
'use strict';

const smpp = require('smpp');
const { version } = require('smpp/package.json');

const order = JSON.parse(process.argv[2]);
const RECEIPT = 0x04;

function tell(step, what) {
  process.stdout.write(JSON.stringify({ step, ...what }) + '\n');
}

function fail(reason) {
  process.stderr.write(reason + '\n');
  process.exit(1);
}

function check(response) {
  if (response.command_status !== 0) {
    fail(`${response.command} with status ${response.command_status}`);
  }
}

function submit(session) {
  for (const text of order.texts) {
    const message = {
      source_addr: order.source,
      destination_addr: order.destination,
      short_message: text,
      registered_delivery: 1,
    };
    session.submit_sm(message, (response) => {
      check(response);
      tell('submitted', { message_id: response.message_id });
    });
  }
}

function unbind(session) {
  session.unbind((response) => {
    check(response);
    tell('unbound');
    ended = true;
    session.close();
  });
}

function deliver(session, pdu) {
  const text = pdu.short_message.message;
  if (pdu.esm_class & RECEIPT) {
    const receipt = /id:(\S+) .*stat:(\S+)/.exec(text);
    if (receipt === null) fail(`no receipt: ${text}`);
    tell('receipt', { message_id: receipt[1], state: receipt[2] });
    session.send(pdu.response());
    return;
  }
  tell('message', { source: pdu.source_addr, text });
  session.send(pdu.response());
  unbind(session);
}

let ended = false;
tell('started', { version });
const session = smpp.connect({ host: '127.0.0.1', port: order.port }, () => {
  session.bind_transceiver({ system_id: order.system_id, password: order.password }, (response) => {
    check(response);
    tell('bound');
    submit(session);
  });
});
session.on('deliver_sm', (pdu) => deliver(session, pdu));
session.on('error', (error) => fail(String(error)));
session.on('close', () => {
  if (!ended) fail('the connection ended before its time');
});
