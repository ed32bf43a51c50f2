// Being a service. StartServiceCtrlDispatcherW blocks for as long as the service lives, so it has a
// thread of its own; the manager's calls come on others. All of them only pass on what they hear.
//
// Sources: learn.microsoft.com, "Service ServiceMain Function", "Service Control Handler Function"
// (answer within 30 s), RegisterDeviceNotificationW.

// initguid.h first: it makes the GUID below be defined here and not only declared.
#include <initguid.h>

#include "platform/windows/nt_error.h"
#include "platform/windows/wide.h"
#include "system/service.h"

// After windows.h.
#include <dbt.h>

#include <memory>
#include <thread>
#include <utility>

namespace sidestream {
namespace {

// GUID_DEVINTERFACE_VOLUME of ioevent/winioctl.h, which not every compiler's headers export.
DEFINE_GUID(kVolumeInterface, 0x53f5630d, 0xb6bf, 0x11d0, 0x94, 0xf2, 0x00, 0xa0, 0xc9, 0x1e, 0xfb,
            0x8b);

constexpr DWORD kStopWaitMs = 30'000;
constexpr DWORD kStartWaitMs = 30'000;

// One per process, as the manager has it; never freed, since its threads end with the process.
struct Host {
  std::u16string name;
  ServiceListener listener;
  SERVICE_STATUS_HANDLE status = nullptr;
  HANDLE stopped = nullptr;  // set once kStopped was reported
};
Host* host = nullptr;

Status SetStatus(const SERVICE_STATUS& status) {
  SERVICE_STATUS copy = status;
  if (SetServiceStatus(host->status, &copy)) return std::nullopt;
  return FromWin32(GetLastError(), "report-service-state", TextFromUnits(host->name));
}

SERVICE_STATUS StatusOf(DWORD state) {
  SERVICE_STATUS status = {};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  if (state == SERVICE_RUNNING) {
    // Pre-shutdown instead of shutdown: the system waits for it, and never sends both.
    status.dwControlsAccepted =
        SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_POWEREVENT;
  }
  return status;
}

void Tell(ServiceEventKind kind, std::uint32_t system_code = 0) {
  host->listener({kind, system_code});
}

void TellStop(ServiceEventKind kind) {
  // Said at once, whatever JavaScript is busy with: a manager without an answer gives up.
  SERVICE_STATUS pending = StatusOf(SERVICE_STOP_PENDING);
  pending.dwWaitHint = kStopWaitMs;
  (void)SetStatus(pending);
  Tell(kind);
}

void TellPower(DWORD type) {
  if (type == PBT_APMSUSPEND) Tell(ServiceEventKind::kSuspend);
  if (type == PBT_APMRESUMEAUTOMATIC) Tell(ServiceEventKind::kResume);
}

void TellDevice(DWORD type) {
  if (type == DBT_DEVICEARRIVAL) Tell(ServiceEventKind::kVolumeArrived);
  if (type == DBT_DEVICEREMOVECOMPLETE) Tell(ServiceEventKind::kVolumeRemoved);
}

DWORD WINAPI OnControl(DWORD control, DWORD type, void*, void*) {
  switch (control) {
    case SERVICE_CONTROL_STOP:
      TellStop(ServiceEventKind::kStop);
      return NO_ERROR;
    case SERVICE_CONTROL_SHUTDOWN:
      TellStop(ServiceEventKind::kShutdown);
      return NO_ERROR;
    case SERVICE_CONTROL_PRESHUTDOWN:
      TellStop(ServiceEventKind::kPreShutdown);
      return NO_ERROR;
    case SERVICE_CONTROL_POWEREVENT:
      TellPower(type);
      return NO_ERROR;
    case SERVICE_CONTROL_DEVICEEVENT:
      TellDevice(type);
      return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

void WatchVolumes() {
  DEV_BROADCAST_DEVICEINTERFACE_W wanted = {};
  wanted.dbcc_size = sizeof wanted;
  wanted.dbcc_devicetype = DBT_DEVTYP_DEVICEINTERFACE;
  wanted.dbcc_classguid = kVolumeInterface;
  // Without it volumes are found by the next scan: no reason not to run.
  (void)RegisterDeviceNotificationW(host->status, &wanted, DEVICE_NOTIFY_SERVICE_HANDLE);
}

void WINAPI ServiceMain(DWORD, wchar_t**) {
  host->status = RegisterServiceCtrlHandlerExW(Wide(host->name), OnControl, nullptr);
  if (host->status == nullptr) {
    Tell(ServiceEventKind::kEnded, GetLastError());
    return;
  }
  SERVICE_STATUS pending = StatusOf(SERVICE_START_PENDING);
  pending.dwWaitHint = kStartWaitMs;
  (void)SetStatus(pending);
  WatchVolumes();
  Tell(ServiceEventKind::kStarted);
  WaitForSingleObject(host->stopped, INFINITE);
}

void Dispatch() {
  std::u16string name = host->name;
  SERVICE_TABLE_ENTRYW table[] = {{reinterpret_cast<wchar_t*>(name.data()), ServiceMain},
                                  {nullptr, nullptr}};
  const DWORD error = StartServiceCtrlDispatcherW(table) ? 0 : GetLastError();
  Tell(ServiceEventKind::kEnded, error);
}

DWORD SystemState(ServiceState state) {
  switch (state) {
    case ServiceState::kStartPending:
      return SERVICE_START_PENDING;
    case ServiceState::kStopPending:
      return SERVICE_STOP_PENDING;
    case ServiceState::kRunning:
      return SERVICE_RUNNING;
    default:
      return SERVICE_STOPPED;
  }
}

}  // namespace

Status HostService(const std::u16string& name, ServiceListener listener) {
  if (host != nullptr) return StreamError{"ADS_EXISTS", 0, "host-service", "already a service"};
  HANDLE stopped = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  if (stopped == nullptr) return FromWin32(GetLastError(), "host-service", TextFromUnits(name));
  host = new Host{name, std::move(listener), nullptr, stopped};
  std::thread(Dispatch).detach();
  return std::nullopt;
}

Status ReportServiceState(const ServiceReport& report) {
  if (host == nullptr || host->status == nullptr) {
    return StreamError{"ADS_UNSUPPORTED", 0, "report-service-state",
                       "the service manager did not start this process"};
  }
  SERVICE_STATUS status = StatusOf(SystemState(report.state));
  status.dwCheckPoint = report.checkpoint;
  status.dwWaitHint = report.wait_hint_ms;
  if (report.exit_code != 0) {
    status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
    status.dwServiceSpecificExitCode = report.exit_code;
  }
  const Status failed = SetStatus(status);
  if (report.state == ServiceState::kStopped) SetEvent(host->stopped);
  return failed;
}

}  // namespace sidestream
