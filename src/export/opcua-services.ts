/** The services of OPC UA (OPC 10000-4, clauses 5.5 to 5.14): what "every service" means when losses are counted. */
export const OPCUA_SERVICES: readonly string[] = [
  'ActivateSession', 'AddNodes', 'AddReferences', 'Browse', 'BrowseNext', 'Call', 'Cancel', 'CloseSecureChannel', 'CloseSession',
  'CreateMonitoredItems', 'CreateSession', 'CreateSubscription', 'DeleteMonitoredItems', 'DeleteNodes', 'DeleteReferences',
  'DeleteSubscriptions', 'FindServers', 'FindServersOnNetwork', 'GetEndpoints', 'HistoryRead', 'HistoryUpdate', 'ModifyMonitoredItems',
  'ModifySubscription', 'OpenSecureChannel', 'Publish', 'QueryFirst', 'QueryNext', 'Read', 'RegisterNodes', 'RegisterServer',
  'RegisterServer2', 'Republish', 'SetMonitoringMode', 'SetPublishingMode', 'SetTriggering', 'TransferSubscriptions',
  'TranslateBrowsePathsToNodeIds', 'UnregisterNodes', 'Write',
];
