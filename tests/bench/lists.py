"""Lists a folder with everything below it and looks at each file, prints how long that took: `FOLDER`."""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    begun = time.perf_counter()
    folders, files, size = [sys.argv[1]], 0, 0
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(entry.path)
                else:
                    files += 1
                    size += entry.stat().st_size
    print(json.dumps({"seconds": time.perf_counter() - begun, "files": files, "bytes": size}))


if __name__ == "__main__":
    main()
