// Which file systems lie on a disk of this machine, and which on one that others share over a network: a home may, and data often does.

/** Of statfs(2) on Linux: ext2 to ext4, XFS, Btrfs, ZFS, F2FS, tmpfs, overlay. */
const LOCAL: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x794c7630]);

/** `type`: of statfs; undefined = not known. Only on Linux does it name the file system: elsewhere none is taken for one of this machine. */
export function isLocal(platform: NodeJS.Platform, type: number | undefined): boolean {
  return platform === 'linux' && type !== undefined && LOCAL.has(type);
}
