-- Snort 3 outside FTD: these inspectors have to be on and bound, else protocol rules never fire.
stream = {}
stream_tcp = {}
modbus = {}
opcua = {}
cip = {}
binder = {
  { when = { proto = 'tcp', ports = '502' }, use = { type = 'modbus' } },
  { when = { proto = 'tcp', ports = '44818' }, use = { type = 'cip' } },
  { when = { proto = 'tcp', ports = '4840' }, use = { type = 'opcua' } },
  { use = { type = 'wizard' } },
}
