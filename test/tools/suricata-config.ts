/** What Suricata needs to run our rules in tests. */

/** The least that runs the rules: nothing of the machine's own configuration. */
export const CONFIG = (folder: string, modbus: boolean, ports: string): string => `%YAML 1.1
---
default-log-dir: ${folder}
classification-file: ${folder}/classification.config
outputs:
  - eve-log:
      enabled: yes
      filename: eve.json
      types: [{alert: {}}]
packet-alert-max: 255
app-layer:
  protocols:
    modbus:
      enabled: ${modbus ? 'yes' : 'no'}
      detection-ports:
        dp: ${ports}
stream:
  midstream: true
  reassembly:
    depth: 0
`;

export const CLASSES = 'config classification: policy-violation,Policy violation,1\nconfig classification: protocol-command-decode,Protocol command,3\n';
