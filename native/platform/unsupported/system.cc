// Systems whose services are ordinary processes under a supervisor: nothing of Windows' service
// manager, event log and registry is there.

#include "system/machine.h"
#include "system/service.h"

namespace sidestream {
namespace {

StreamError Unsupported(const char* operation) {
  return {"ADS_UNSUPPORTED", 0, operation, "only Windows has this"};
}

}  // namespace

Status HostService(const std::u16string&, ServiceListener) { return Unsupported("host-service"); }
Status ReportServiceState(const ServiceReport&) { return Unsupported("report-service-state"); }
Status InstallService(const ServiceDefinition&) { return Unsupported("install-service"); }
Status ConfigureService(const std::u16string&) { return Unsupported("configure-service"); }
Status RemoveService(const std::u16string&) { return Unsupported("remove-service"); }
Status StartInstalledService(const std::u16string&) { return Unsupported("start-service"); }
Status StopInstalledService(const std::u16string&) { return Unsupported("stop-service"); }
Result<ServiceFacts> InspectService(const std::u16string&) {
  return Unsupported("inspect-service");
}

Status WriteSystemEvent(const std::u16string&, EventLevel, std::uint32_t, const std::u16string&) {
  return Unsupported("write-event");
}
Status AddEventSource(const std::u16string&) { return Unsupported("add-event-source"); }
Status RemoveEventSource(const std::u16string&) { return Unsupported("remove-event-source"); }

Result<std::vector<RegistryValue>> ReadRegistryValues(const std::u16string&) {
  return std::vector<RegistryValue>{};
}

Status ProtectFolder(const std::u16string&, FolderAudience) {
  return Unsupported("protect-folder");
}

}  // namespace sidestream
