"""
A disk's other half in a property test: builds trees, meddles with them at its own pace and says what is there,
without any of the product's code. One JSON request a line on stdin, one JSON answer a line on stdout.

Streams are as Samba's vfs_streams_xattr keeps them. Times of what was done are of the monotonic clock.
"""
import base64, hashlib, json, os, shutil, stat, sys, time

PREFIX, SUFFIX = b"user.DosStream.", b":$DATA"
# Of carriers that were deleted: as long as they are open, no other file gets their inode number.
held = []


def key_of(stream):
    return PREFIX + os.fsencode(stream) + SUFFIX


def set_streams(place, streams):
    for name, value in streams.items():
        os.setxattr(place, key_of(name), base64.b64decode(value) + b"\0")


def build(request):
    for fd in held:
        os.close(fd)
    held.clear()
    entries = request["entries"]
    for entry in entries:
        path = os.fsencode(entry["path"])
        if entry["kind"] == "directory":
            os.mkdir(path)
        else:
            with open(path, "wb") as file:
                file.write(entry["content"].encode())
        os.setxattr(path, b"user.unrelated", path[-20:])
        set_streams(path, entry["streams"])
    for entry in entries:
        for link in entry["links"]:
            os.link(os.fsencode(entry["path"]), os.fsencode(link))
    # Folders last: what is made in one moves its times.
    for entry in reversed(entries):
        path = os.fsencode(entry["path"])
        os.chmod(path, entry["mode"])
        os.utime(path, ns=(int(entry["atimeNs"]), int(entry["mtimeNs"])))


def read_quietly(path, flags=0):
    """A plain read would move the access time that is to be compared."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME | flags)


def snapshot(request):
    found = {}

    def look(path):
        status = os.lstat(path)
        ino = str(status.st_ino)
        if ino in found:
            found[ino]["paths"].append(os.fsdecode(path))
            return
        entry = {"ino": ino, "paths": [os.fsdecode(path)], "mode": status.st_mode, "uid": status.st_uid,
                 "links": status.st_nlink, "mtimeNs": str(status.st_mtime_ns), "atimeNs": str(status.st_atime_ns),
                 "sha256": "", "streams": {}, "others": {}}
        found[ino] = entry
        if stat.S_ISLNK(status.st_mode):
            entry["sha256"] = os.fsdecode(os.readlink(path))
            # To follow a link moves its access time, which is no doing of anybody who writes.
            entry["atimeNs"] = ""
            return
        for name in os.listxattr(path):
            raw = os.fsencode(name)
            value = os.getxattr(path, raw)
            if raw.startswith(PREFIX) and raw.endswith(SUFFIX) and value.endswith(b"\0"):
                stream = os.fsdecode(raw[len(PREFIX):-len(SUFFIX)])
                entry["streams"][stream] = base64.b64encode(value[:-1]).decode()
            else:
                entry["others"][name] = value.hex()
        if stat.S_ISDIR(status.st_mode):
            fd = read_quietly(path, os.O_DIRECTORY)
            names = sorted(map(os.fsencode, os.listdir(fd)))
            os.close(fd)
            for name in names:
                look(path + b"/" + name)
        else:
            with open(read_quietly(path), "rb") as file:
                entry["sha256"] = hashlib.sha256(file.read()).hexdigest()

    look(os.fsencode(request["root"]))
    for entry in found.values():
        entry["paths"].sort()
    return found


def meddle(request):
    return [once(operation) for operation in request["operations"]]


def once(operation):
    time.sleep(operation["delayUs"] / 1e6)
    path = os.fsencode(operation["path"])
    done = {"value": None, "ino": "", "made": "", "parent": "", "mtimeNs": "", "isDone": True}
    done["from"] = str(time.monotonic_ns())
    try:
        done["parent"] = str(os.stat(os.path.dirname(path)).st_ino)
        fd = os.open(path, os.O_PATH | os.O_NOFOLLOW)
        held.append(fd)
        done["ino"] = str(os.fstat(fd).st_ino)
        act(operation, path, f"/proc/self/fd/{fd}", done)
    except OSError:
        # Somebody, or this very process, was there before.
        done["isDone"] = False
    done["to"] = str(time.monotonic_ns())
    return done


def act(operation, path, place, done):
    what, to = operation["what"], os.fsencode(operation["to"])
    if what == "write":
        # Samba does the same to a stream that is rewritten: one call.
        os.setxattr(place, key_of(operation["stream"]), operation["text"].encode() + b"\0")
        done["value"] = base64.b64encode(operation["text"].encode()).decode()
    elif what == "remove":
        os.removexattr(place, key_of(operation["stream"]))
    elif what == "append":
        with open(place, "ab") as file:
            file.write(operation["text"].encode())
        done["mtimeNs"] = str(os.stat(place).st_mtime_ns)
    elif what == "delete":
        os.unlink(path)
    elif what == "replace":
        with open(to, "wb") as file:
            file.write(operation["text"].encode())
            done["made"] = str(os.fstat(file.fileno()).st_ino)
        set_streams(to, operation["streams"])
        os.rename(to, path)
    elif what == "rename":
        os.rename(path, to)
    elif what == "swap":
        os.rename(path, to)
        os.symlink(os.fsencode(operation["link"]), path)
        done["made"] = str(os.lstat(path).st_ino)
    else:
        raise ValueError(what)


def remove(request):
    shutil.rmtree(os.fsencode(request["root"]))


DO = {"build": build, "snapshot": snapshot, "meddle": meddle, "remove": remove}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(DO[request["do"]](request)), flush=True)
