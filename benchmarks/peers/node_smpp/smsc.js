// node-smpp as the SMSC. usage: PORT ...
'use strict';

const smpp = require('smpp');

let ids = 0;

const server = smpp.createServer((session) => {
  session.on('bind_transceiver', (pdu) => session.send(pdu.response({ system_id: 'PEER' })));
  session.on('submit_sm', (pdu) => {
    ids += 1;
    session.send(pdu.response({ message_id: pdu.source_addr && pdu.destination_addr ? String(ids) : '' }));
  });
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on('error', () => session.destroy());
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
