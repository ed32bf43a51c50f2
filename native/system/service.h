// The seam to the system's service manager: being a service, and managing one.
//
// Only Windows has what stands behind these calls; elsewhere each answers ADS_UNSUPPORTED, because
// there a service is an ordinary process that some supervisor runs.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace sidestream {

enum class ServiceEventKind {
  kStarted,        // the manager waits for a report that the service is running
  kStop,           // stop, report progress, report that it has stopped
  kShutdown,       // likewise, with about 20 s before the system ends the process
  kPreShutdown,    // likewise, with the time that was asked for at installation
  kSuspend,        // the machine is about to sleep
  kResume,         // it woke up: connections are dead, clocks have jumped
  kVolumeArrived,  // a volume was attached
  kVolumeRemoved,
  kEnded,  // the manager let go of the process. Nothing follows
};

struct ServiceEvent {
  ServiceEventKind kind;
  std::uint32_t system_code = 0;  // kEnded: why, 0 where all was well
};

// Called on the manager's threads. Must return at once.
using ServiceListener = std::function<void(const ServiceEvent&)>;

// Makes this process the service `name`, once in its life. Returns at once; `listener` hears the
// rest. A process that the manager did not start hears kEnded.
Status HostService(const std::u16string& name, ServiceListener listener);

enum class ServiceState { kStopped, kStartPending, kStopPending, kRunning, kOther };

struct ServiceReport {
  ServiceState state = ServiceState::kStopped;
  std::uint32_t checkpoint = 0;    // of a pending state: goes up while there is progress
  std::uint32_t wait_hint_ms = 0;  // of a pending state: the next report comes within
  std::uint32_t exit_code = 0;     // of kStopped: not 0 means failed, and is restarted
};

Status ReportServiceState(const ServiceReport& report);

struct ServiceDefinition {
  std::u16string name;
  std::u16string display_name;
  std::u16string description;
  std::u16string command_line;  // quoted as a program would be started
};

struct ServiceFacts {
  bool is_installed = false;
  ServiceState state = ServiceState::kStopped;
  std::uint32_t process_id = 0;
  bool starts_delayed = false;
  std::uint32_t recovery_actions = 0;  // how many restarts are set
  std::u16string command_line{};
};

// Creates the service, or gives the one of this name this definition; then as ConfigureService.
Status InstallService(const ServiceDefinition& definition);
// Starts with the system, after everything urgent; is restarted after a failure; is told of a
// shutdown early.
Status ConfigureService(const std::u16string& name);
// Does nothing where there is none. A running one goes once it has ended.
Status RemoveService(const std::u16string& name);
// Both ask and do not wait.
Status StartInstalledService(const std::u16string& name);
Status StopInstalledService(const std::u16string& name);
Result<ServiceFacts> InspectService(const std::u16string& name);

}  // namespace sidestream
