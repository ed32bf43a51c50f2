// Installing, configuring, starting and looking at a service, by the service manager's own calls.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "platform/windows/nt_error.h"
#include "platform/windows/wide.h"
#include "system/service.h"

namespace sidestream {
namespace {

struct CloseServiceHandleLater {
  void operator()(SC_HANDLE handle) const { CloseServiceHandle(handle); }
};
using UniqueService = std::unique_ptr<SC_HANDLE__, CloseServiceHandleLater>;

// After a failure: soon, a little later, then every five minutes. A day without one starts anew.
constexpr DWORD kRestartMs[] = {5'000, 60'000, 300'000};
constexpr DWORD kForgetFailuresSeconds = 86'400;
// To finish an order's target and close the state; Windows' own limit is three minutes.
constexpr DWORD kPreShutdownMs = 60'000;

StreamError LastError(const char* operation, const std::u16string& name) {
  return FromWin32(GetLastError(), operation, "service " + TextFromUnits(name));
}

UniqueService OpenManager(DWORD access) {
  return UniqueService(OpenSCManagerW(nullptr, nullptr, access));
}

// Null, with the error still to be asked for, where there is none or we may not.
UniqueService OpenOne(const UniqueService& manager, const std::u16string& name, DWORD access) {
  if (!manager) return nullptr;
  return UniqueService(OpenServiceW(manager.get(), Wide(name), access));
}

Status Configure(const UniqueService& service, const std::u16string& name) {
  SERVICE_DELAYED_AUTO_START_INFO delayed = {TRUE};
  SC_ACTION actions[std::size(kRestartMs)];
  for (std::size_t at = 0; at < std::size(kRestartMs); ++at) {
    actions[at] = {SC_ACTION_RESTART, kRestartMs[at]};
  }
  SERVICE_FAILURE_ACTIONSW failure = {};
  failure.dwResetPeriod = kForgetFailuresSeconds;
  failure.cActions = static_cast<DWORD>(std::size(actions));
  failure.lpsaActions = actions;
  // Also where the service said itself that it failed, and not only where its process vanished.
  SERVICE_FAILURE_ACTIONS_FLAG on_report = {TRUE};
  SERVICE_PRESHUTDOWN_INFO before_shutdown = {kPreShutdownMs};
  SERVICE_SID_INFO sid = {SERVICE_SID_TYPE_UNRESTRICTED};
  const struct {
    DWORD level;
    void* info;
  } settings[] = {
      {SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed},
      {SERVICE_CONFIG_FAILURE_ACTIONS, &failure},
      {SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &on_report},
      {SERVICE_CONFIG_PRESHUTDOWN_INFO, &before_shutdown},
      {SERVICE_CONFIG_SERVICE_SID_INFO, &sid},
  };
  // All are tried; the first that fails is told. A level that this system does not know cannot be
  // set.
  Status failed;
  for (const auto& [level, info] : settings) {
    if (ChangeServiceConfig2W(service.get(), level, info)) continue;
    if (GetLastError() == ERROR_INVALID_LEVEL || failed) continue;
    failed = LastError("configure-service", name);
  }
  return failed;
}

ServiceState StateOf(DWORD state) {
  switch (state) {
    case SERVICE_STOPPED:
      return ServiceState::kStopped;
    case SERVICE_START_PENDING:
      return ServiceState::kStartPending;
    case SERVICE_STOP_PENDING:
      return ServiceState::kStopPending;
    case SERVICE_RUNNING:
      return ServiceState::kRunning;
    default:
      return ServiceState::kOther;
  }
}

// Structures of changing size, in memory that is aligned for them.
template <typename Query>
std::vector<std::max_align_t> Ask(Query query) {
  DWORD needed = 0;
  query(nullptr, 0, &needed);
  std::vector<std::max_align_t> memory(needed / sizeof(std::max_align_t) + 1);
  const DWORD size = static_cast<DWORD>(memory.size() * sizeof(std::max_align_t));
  if (!query(reinterpret_cast<BYTE*>(memory.data()), size, &needed)) memory.clear();
  return memory;
}

}  // namespace

Status InstallService(const ServiceDefinition& definition) {
  const UniqueService manager = OpenManager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
  if (!manager) return LastError("install-service", definition.name);
  const DWORD kind = SERVICE_WIN32_OWN_PROCESS;
  UniqueService service(
      CreateServiceW(manager.get(), Wide(definition.name), Wide(definition.display_name),
                     SERVICE_ALL_ACCESS, kind, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                     Wide(definition.command_line), nullptr, nullptr, nullptr, nullptr, nullptr));
  if (!service) {
    if (GetLastError() != ERROR_SERVICE_EXISTS) {
      return LastError("install-service", definition.name);
    }
    service = OpenOne(manager, definition.name, SERVICE_ALL_ACCESS);
    if (!service ||
        !ChangeServiceConfigW(service.get(), kind, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                              Wide(definition.command_line), nullptr, nullptr, nullptr, nullptr,
                              nullptr, Wide(definition.display_name))) {
      return LastError("install-service", definition.name);
    }
  }
  std::u16string text = definition.description;
  SERVICE_DESCRIPTIONW description = {reinterpret_cast<wchar_t*>(text.data())};
  if (!ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_DESCRIPTION, &description)) {
    return LastError("install-service", definition.name);
  }
  return Configure(service, definition.name);
}

Status ConfigureService(const std::u16string& name) {
  const UniqueService manager = OpenManager(SC_MANAGER_CONNECT);
  // SERVICE_START, because a restart is among what is configured.
  const UniqueService service = OpenOne(manager, name, SERVICE_CHANGE_CONFIG | SERVICE_START);
  if (!service) return LastError("configure-service", name);
  return Configure(service, name);
}

Status RemoveService(const std::u16string& name) {
  const UniqueService manager = OpenManager(SC_MANAGER_CONNECT);
  const UniqueService service = OpenOne(manager, name, DELETE);
  if (!service) {
    if (GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) return std::nullopt;
    return LastError("remove-service", name);
  }
  if (DeleteService(service.get()) || GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE) {
    return std::nullopt;
  }
  return LastError("remove-service", name);
}

Status StartInstalledService(const std::u16string& name) {
  const UniqueService manager = OpenManager(SC_MANAGER_CONNECT);
  const UniqueService service = OpenOne(manager, name, SERVICE_START);
  if (service && StartServiceW(service.get(), 0, nullptr)) return std::nullopt;
  if (GetLastError() == ERROR_SERVICE_ALREADY_RUNNING) return std::nullopt;
  return LastError("start-service", name);
}

Status StopInstalledService(const std::u16string& name) {
  const UniqueService manager = OpenManager(SC_MANAGER_CONNECT);
  const UniqueService service = OpenOne(manager, name, SERVICE_STOP);
  SERVICE_STATUS status = {};
  if (service && ControlService(service.get(), SERVICE_CONTROL_STOP, &status)) return std::nullopt;
  if (GetLastError() == ERROR_SERVICE_NOT_ACTIVE) return std::nullopt;
  return LastError("stop-service", name);
}

Result<ServiceFacts> InspectService(const std::u16string& name) {
  const UniqueService manager = OpenManager(SC_MANAGER_CONNECT);
  const UniqueService service = OpenOne(manager, name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
  if (!service) {
    if (GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) return ServiceFacts{};
    return LastError("inspect-service", name);
  }
  ServiceFacts facts{.is_installed = true};
  SERVICE_STATUS_PROCESS status = {};
  DWORD needed = 0;
  if (!QueryServiceStatusEx(service.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status),
                            sizeof status, &needed)) {
    return LastError("inspect-service", name);
  }
  facts.state = StateOf(status.dwCurrentState);
  facts.process_id = status.dwProcessId;
  const auto config = Ask([&](BYTE* memory, DWORD size, DWORD* wanted) {
    return QueryServiceConfigW(service.get(), reinterpret_cast<QUERY_SERVICE_CONFIGW*>(memory),
                               size, wanted);
  });
  if (config.empty()) return LastError("inspect-service", name);
  facts.command_line =
      Units(reinterpret_cast<const QUERY_SERVICE_CONFIGW*>(config.data())->lpBinaryPathName);
  const auto detail = [&](DWORD level) {
    return Ask([&](BYTE* memory, DWORD size, DWORD* wanted) {
      return QueryServiceConfig2W(service.get(), level, memory, size, wanted);
    });
  };
  // Either can be missing on an older system; the service is there all the same.
  if (const auto delayed = detail(SERVICE_CONFIG_DELAYED_AUTO_START_INFO); !delayed.empty()) {
    const auto* info = reinterpret_cast<const SERVICE_DELAYED_AUTO_START_INFO*>(delayed.data());
    facts.starts_delayed = info->fDelayedAutostart != FALSE;
  }
  if (const auto failure = detail(SERVICE_CONFIG_FAILURE_ACTIONS); !failure.empty()) {
    facts.recovery_actions =
        reinterpret_cast<const SERVICE_FAILURE_ACTIONSW*>(failure.data())->cActions;
  }
  return facts;
}

}  // namespace sidestream
